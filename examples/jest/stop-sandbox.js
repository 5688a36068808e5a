module.exports = async () => {
  globalThis.sandbox.kill();
};
