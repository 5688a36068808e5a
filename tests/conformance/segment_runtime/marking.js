'use strict'
// What JSON cannot carry crosses the pipe as {"\u0000js": "<name>"}: undefined, NaN, Infinity,
// -Infinity, -0, function. The key starts with NUL, so no sensible event holds it by accident.

const MARK = '\u0000js'
const SPECIAL = { undefined, NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 }

function marked(name) {
  return { [MARK]: name }
}

function encodeNumber(value) {
  if (Number.isFinite(value)) return Object.is(value, -0) ? marked('-0') : value
  return marked(String(value))
}

function encode(value) {
  if (value === undefined) return marked('undefined')
  if (typeof value === 'number') return encodeNumber(value)
  if (typeof value === 'function') return marked('function')
  if (typeof value === 'bigint' || typeof value === 'symbol') return marked(typeof value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return Array.from(value, encode)

  const encoded = {}
  for (const key of Object.keys(value)) define(encoded, key, encode(value[key]))
  return encoded
}

// A plain assignment of "__proto__" would set the prototype instead of making a member.
function define(target, key, value) {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

function decode(value) {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(decode)
  if (Object.keys(value).length === 1 && MARK in value) return SPECIAL[value[MARK]]

  const decoded = {}
  for (const key of Object.keys(value)) define(decoded, key, decode(value[key]))
  return decoded
}

// Reading marks costs a walk over every value, so it is done only where a mark can be.
function parse(line) {
  const value = JSON.parse(line)
  return line.includes('\\u0000js') ? decode(value) : value
}

module.exports = { encode, parse }
