// Makes the folder of this user's caches. An old Node must be able to read it.
"use strict";

// oxlint-disable unicorn/prefer-node-protocol -- Node 12 does not know it.
const fs = require("fs");
const path = require("path");

/** Makes the folder and the one above it, for their owner only, unless they are there, or another call makes them at the same moment. */
module.exports = function makeFolders(folder) {
  // One by one: with `recursive`, Node never comes back from below /proc.
  [path.dirname(folder), folder].forEach((place) => {
    try {
      fs.mkdirSync(place, 0o700);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  });
};
