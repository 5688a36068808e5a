'use strict'
// Stands in for the network: notes each request, and gives the scripted reply.
//
// A reply is {"status", "statusText"?, "headers"?, "body"?}, {"network": "ECONNREFUSED"} or
// {"timeout": true}; the n-th request gets the n-th reply, later ones the last.

const DEFAULT_REPLY = {
  status: 202,
  statusText: 'Accepted',
  headers: { 'content-type': 'application/json' },
  body: '{"status":"SUCCESS","data":{"message":"Events uploaded."}}'
}
const REQUEST_TIMEOUT = 10000

class Transport {
  constructor(fetchModule, nodeFetch) {
    this.Response = fetchModule.Response
    this.FetchError = nodeFetch.FetchError
    this.begin()
    fetchModule.default = (request) => this.answer(request)
    this.watchTimers()
  }

  begin(replies) {
    this.replies = replies && replies.length ? replies : [DEFAULT_REPLY]
    this.requests = []
    this.bodies = []
  }

  // The client sets its ten-second timer right before it calls fetch: that last timer is the
  // request's own, and a scripted time-out fires it at once instead of waiting.
  watchTimers() {
    const setTimer = globalThis.setTimeout
    globalThis.setTimeout = (callback, delay, ...rest) => {
      const timer = setTimer(callback, delay, ...rest)
      if (delay === REQUEST_TIMEOUT) this.lastTimer = { timer, callback }
      return timer
    }
  }

  answer(request) {
    const noted = { method: request.method, url: request.url, headers: headersOf(request) }
    const reply = this.replies[Math.min(this.requests.length, this.replies.length - 1)]
    this.requests.push(noted)
    this.bodies.push(this.noteBody(noted, request))
    return this.replyWith(reply, request)
  }

  async noteBody(noted, request) {
    const text = await request.clone().text()
    noted.body = request.body === null ? null : text
  }

  replyWith(reply, request) {
    if (reply.timeout) {
      const { timer, callback } = this.lastTimer
      clearTimeout(timer)
      setImmediate(callback)
      return new Promise(() => {})
    }
    if (reply.network) {
      const cause = Object.assign(new Error(`connect ${reply.network} 127.0.0.1:80`), { code: reply.network })
      const message = `request to ${request.url} failed, reason: ${cause.message}`
      return Promise.reject(new this.FetchError(message, 'system', cause))
    }
    const { status, statusText, headers } = reply
    return Promise.resolve(new this.Response(reply.body ?? '', { status, statusText, headers }))
  }

  // Requests leave in the order of the subscriptions even after one of them failed, so a turn of
  // the event loop passes before the list is taken.
  async sent() {
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all(this.bodies)
    return this.requests
  }
}

function headersOf(request) {
  return Object.entries(request.headers.raw()).map(([name, values]) => [name, values.join(', ')])
}

module.exports = { Transport }
