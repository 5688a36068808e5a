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
async function digest(pass) {
  const hash = crypto.createHash('sha256')
  take = (bytes) => hash.update(bytes).update('\n')
  await pass()
  take = () => {}
  return hash.digest('hex')
}

const CLOCKS = {
  wall: () => Number(process.hrtime.bigint()) / 1e9,
  cpu: () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6
}

async function measure(pass, count, { seconds, clock }) {
  const now = CLOCKS[clock]
  const start = now()
  let done = 0
  let spent = 0
  while (spent < seconds) {
    await pass()
    done += count
    spent = now() - start
  }
  return done / spent
}

const ANSWERS = {
  async deliveries({ events, settings, ...how }) {
    const pass = async () => {
      for (const event of events) await deliver(event, settings)
    }
    return { digest: await digest(pass), rate: await measure(pass, events.length, how) }
  }
}

async function serve() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line)
    const answer = await ANSWERS[question.op](question)
    process.stdout.write(JSON.stringify(answer) + '\n')
  }
}

serve()
