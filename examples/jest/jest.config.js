module.exports = {
  preset: "ts-jest", // types are checked as well
  globalSetup: "./start-sandbox.js",
  globalTeardown: "./stop-sandbox.js",
};
