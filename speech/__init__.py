"""Voice: the Hindi prompts, the engines that speak them, and the recogniser's interface."""
