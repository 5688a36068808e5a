'use strict'
// Segment's own runtime behind a pipe: one JSON request a line on stdin, one JSON answer a line on
// stdout, in order. Started with the folder that holds node_modules; TZ must be UTC.
//
// It answers with what the packages do and adds nothing. Whatever throws becomes an answer.

process.env.TZ = 'UTC'
const { createRequire } = require('module')
const path = require('path')
const { encode, parse } = require('./marking')
const { Transport } = require('./transport')

const root = path.resolve(process.argv[2] || __dirname)
const fromRoot = createRequire(path.join(root, 'package.json'))
const toplynePath = path.join(
  root, 'node_modules/@segment/action-destinations/dist/destinations/toplyne/index.js'
)
const fromToplyne = createRequire(toplynePath)
const corePath = fromToplyne.resolve('@segment/actions-core')
const fromCore = createRequire(corePath)

// stdout belongs to the answers alone.
console.log = console.info = console.debug = console.error

const core = fromToplyne('@segment/actions-core')
const { transform } = fromToplyne('@segment/actions-core/mapping-kit')
const { validateSchema } = fromToplyne('@segment/actions-core/schema-validation')
const validateMapping = fromToplyne('@segment/actions-core/mapping-kit/validate').default
const { parseFql, validate: matches } = fromCore('@segment/destination-subscriptions')
const { removeEmptyValues } = fromCore(path.join(path.dirname(corePath), 'remove-empty-values.js'))
const dayjs = fromToplyne('dayjs')
const nodeFetch = createRequire(fromCore.resolve('cross-fetch'))('node-fetch')
const transport = new Transport(fromCore(path.join(path.dirname(corePath), 'fetch.js')), nodeFetch)
const destination = new core.Destination(require(toplynePath).default)

const DATE_FIELDS = { value: { label: 'X', type: 'datetime', description: 'X', required: false } }
const dateSchema = core.fieldsToJsonSchema(DATE_FIELDS)

// An AggregateError of the mapping kit holds errors, its own message is a join of stack traces:
// only the parts are told. The payload's error has parts and a message worth telling.
function flattened(error) {
  if (error && error.name === 'AggregateError') return [...error].flatMap(flattened)
  return [partOf(error)]
}

function partOf(error) {
  const { name, path: at, pointer, message } = error
  return JSON.parse(JSON.stringify({ name, path: at, pointer, message }))
}

function described(error) {
  if (error === null || typeof error !== 'object') return { name: null, message: String(error) }

  const told = { name: error.name, message: error.message }
  if (error.name === 'AggregateError') {
    told.message = null
    told.parts = flattened(error)
  } else if (typeof error[Symbol.iterator] === 'function') {
    told.parts = [...error].map(partOf)
  }
  for (const key of ['status', 'code']) if (error[key] !== undefined) told[key] = error[key]
  if (error.response) told.response = responseOf(error.response)
  return told
}

function responseOf({ status, statusText, data, content }) {
  return { status, statusText, data: encode(data), content: encode(content) }
}

function attempt(work) {
  try {
    return work()
  } catch (error) {
    return { error: described(error) }
  }
}

async function withTransport(replies, work) {
  transport.begin(replies)
  let answer
  try {
    answer = await work()
  } catch (error) {
    answer = { error: described(error) }
  }
  answer.requests = await transport.sent()
  destination.responses.length = 0 // the runtime keeps every answer for its own test helper
  return answer
}

const OPERATIONS = {
  versions: () => ({ node: process.version, packages: installedVersions(), timezone: process.env.TZ }),

  // text, events -> tree (or error) and for each event {value} or {error}
  trigger({ text, events = [] }) {
    const tree = parseFql(text)
    const answer = { matched: events.map((event) => attempt(() => ({ value: matches(tree, event) }))) }
    if (tree.error) answer.error = described(tree.error)
    else answer.tree = encode(tree)
    return answer
  },

  // mapping, event, now (what the clock shows, in milliseconds) -> value (marked) and text (its
  // JSON, absent where there is none)
  transform({ mapping, event, now }) {
    const clock = Date.now
    if (now !== undefined) Date.now = () => now
    try {
      const value = transform(mapping, event)
      return { value: encode(value), text: JSON.stringify(value) }
    } finally {
      Date.now = clock
    }
  },

  check({ mapping }) {
    validateMapping(mapping)
    return {}
  },

  // value -> whether a datetime field takes it, what it became, the unix time sent, and what that
  // was rounded down from
  date({ value }) {
    const payload = removeEmptyValues({ value }, dateSchema, true)
    const answer = attempt(() => ({ accepted: validateSchema(payload, dateSchema, { schemaKey: 'date' }) }))
    if (answer.error) answer.accepted = false
    answer.value = encode(payload.value)
    const time = 'value' in payload ? dayjs(payload.value) : undefined
    answer.unix = encode(time && time.unix())
    answer.milliseconds = encode(time && time.valueOf())
    return answer
  },

  // value -> the three conversions everything else is made of
  convert: ({ value }) => ({ text: String(value), number: encode(Number(value)), json: JSON.stringify(value) }),

  json: ({ text }) => ({ value: encode(JSON.parse(text)) }),

  deliver: ({ action, mapping, event, settings, replies }) =>
    withTransport(replies, async () => ({
      results: encode(await destination.executeAction(action, { mapping, event, settings }))
    })),

  onEvent: ({ event, settings, replies }) =>
    withTransport(replies, async () => ({
      results: encode(await destination.onEvent(event, settings))
    })),

  auth: ({ settings, replies }) =>
    withTransport(replies, async () => {
      await destination.testAuthentication(settings)
      return { passed: true }
    }),

  declaration: () => ({ declaration: encode(destination.definition) })
}

function installedVersions() {
  const names = [
    '@segment/actions-core', '@segment/action-destinations', '@segment/destination-subscriptions', 'liquidjs'
  ]
  return Object.fromEntries(names.map((name) => [
    name, require(path.join(root, 'node_modules', name, 'package.json')).version
  ]))
}

async function answerTo(line) {
  try {
    const request = parse(line)
    if (!Object.hasOwn(OPERATIONS, request.op)) {
      return { refused: `no operation ${JSON.stringify(request.op)}; known: ${Object.keys(OPERATIONS).join(', ')}` }
    }
    return await OPERATIONS[request.op](request)
  } catch (error) {
    return { error: described(error) }
  }
}

async function serve() {
  let rest = Buffer.alloc(0)
  for await (const chunk of process.stdin) {
    const lines = Buffer.concat([rest, chunk])
    let start = 0
    for (let end; (end = lines.indexOf(10, start)) !== -1; start = end + 1) {
      const answer = await answerTo(lines.toString('utf8', start, end))
      process.stdout.write(JSON.stringify(answer) + '\n')
    }
    rest = lines.subarray(start)
  }
  process.exit(0)
}

process.on('unhandledRejection', (error) => console.error('unhandled:', error))
serve()
