'use strict'
// Segment's own runtime at work on the same events, for bench/mapper.py: one JSON question a line
// on stdin, one answer a line on stdout. Started with the folder that holds node_modules.
//
// Its HTTP client is put away: what a request costs it ends with the bytes of the body.

process.env.TZ = 'UTC'
const crypto = require('crypto')
const readline = require('readline')
const { createRequire } = require('module')
const path = require('path')

const root = path.resolve(process.argv[2])
const toplynePath = path.join(
  root, 'node_modules/@segment/action-destinations/dist/destinations/toplyne/index.js'
)
const fromToplyne = createRequire(toplynePath)
const corePath = fromToplyne.resolve('@segment/actions-core')
const fromCore = createRequire(corePath)

console.log = console.info = console.debug = console.error

const core = fromToplyne('@segment/actions-core')
const { transform } = fromToplyne('@segment/actions-core/mapping-kit')
const client = fromCore(path.join(path.dirname(corePath), 'create-request-client.js'))
const destination = new core.Destination(require(toplynePath).default)

let take = () => {}
client.default = () => async (_url, options) => {
  take(Buffer.from(JSON.stringify(options.json)))
  return { status: 202, ok: true }
}

async function deliver(event, settings) {
  try {
    await destination.onEvent(event, settings)
  } catch (error) {
    if (error.name !== 'AggregateAjvError') throw error // a rejected event is work as well
  }
  destination.responses.length = 0
}

// What one pass over the events makes: the digest of all bytes, to be compared with ours.
async function digest(work, events) {
  const hash = crypto.createHash('sha256')
  take = (bytes) => hash.update(bytes).update('\n')
  for (const event of events) await work(event)
  take = () => {}
  return hash.digest('hex')
}

async function measure(work, events, seconds) {
  const start = process.hrtime.bigint()
  const end = start + BigInt(Math.round(seconds * 1e9))
  let done = 0
  let now = start
  while (now < end) {
    for (const event of events) await work(event)
    done += events.length
    now = process.hrtime.bigint()
  }
  return done / (Number(now - start) / 1e9)
}

function measureFields(mapping, events, seconds) {
  const start = process.hrtime.bigint()
  const end = start + BigInt(Math.round(seconds * 1e9))
  let done = 0
  let now = start
  while (now < end) {
    for (const event of events) transform(mapping, event)
    done += events.length
    now = process.hrtime.bigint()
  }
  return done / (Number(now - start) / 1e9)
}

const ANSWERS = {
  deliveries: async ({ events, settings, seconds }) => {
    const work = (event) => deliver(event, settings)
    return { digest: await digest(work, events), rate: await measure(work, events, seconds) }
  },
  fields: ({ events, mapping, seconds }) => ({ rate: measureFields(mapping, events, seconds) })
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line)
    const answer = await ANSWERS[question.op](question)
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

serve()
