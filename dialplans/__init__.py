"""What Asterisk is told: typed settings of a cell become its complete private configuration."""
