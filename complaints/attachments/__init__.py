"""What an officer attaches to a disposal: taken in, kept sealed, handed out, erased, checked."""
