// Makes the folder of this user's caches. An old Node must be able to read it.
"use strict";

// oxlint-disable unicorn/prefer-node-protocol -- Node 12 does not know it.
const fs = require("fs");
const path = require("path");

/**
 * Makes the folder and the one above it, for their owner only, unless they are there, or another
 * call makes them at the same moment.
 */
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

/**
 * Whether another user can put a file into the folder, or another folder into its place: what lies
 * there is run.
 * @returns {string | null} what is wrong and its fix, in words without a full stop; null also where
 * the folder is not there.
 */
module.exports.faultOf = function faultOf(folder) {
  if (!process.getuid) return null;
  const places = [path.dirname(folder), folder];
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index];
    let stat;
    try {
      stat = fs.statSync(place);
    } catch {
      return null;
    }
    if (stat.uid !== process.getuid() && stat.uid !== 0) return place + " belongs to another user";
    // In a folder with the sticky bit no other user can rename ours.
    const isSticky = index === 0 && (stat.mode & 0o1000) !== 0;
    if ((stat.mode & 0o022) !== 0 && !isSticky) return "other users can write to " + place + "; fix it: chmod go-w " + place;
  }
  return null;
};
