// The player of recordings: a picture of both sides, with what was not recorded.

import { Player } from "../lib/player.js";

for (const place of document.querySelectorAll(".player")) new Player(place);
