// SPDX-License-Identifier: ISC
// A typical Node service: Fastify, a pool, one INSERT, then the response.
// Several processes share the port.
'use strict'

const cluster = require('node:cluster')
const { randomBytes, timingSafeEqual } = require('node:crypto')

const env = process.env

const INSERT = `INSERT INTO creel.event (application_id, id, hook_id,
	received_at, method, path, query, headers, content_type, body,
	principal, remote_address, status, completed_at, reading)
	VALUES ($1, $2, $3, now(), $4, $5, $6, $7, $8, $9, $10, $11, $12, now(),
	'json')`

function uuid7 () {
  const id = randomBytes(16)
  id.writeUIntBE(Date.now(), 0, 6)
  id[6] = (id[6] & 0x0f) | 0x70
  id[8] = (id[8] & 0x3f) | 0x80
  return id.toString('hex')
}

function isKey (sent) {
  const key = Buffer.from(env.API_KEY)
  const other = Buffer.from(sent || '')
  return key.length === other.length && timingSafeEqual(key, other)
}

function serve () {
  const { Pool } = require('pg')
  const app = require('fastify')({ bodyLimit: 1 << 20 })
  const pool = new Pool({
    host: env.DB_HOST, database: env.DB_NAME, user: env.DB_USER,
    max: Number(env.POOL)
  })

  // The bytes are stored, so they are kept beside what they say.
  app.addContentTypeParser('application/json', { parseAs: 'buffer' },
    (request, bytes, done) => {
      try {
        JSON.parse(bytes)
        done(null, bytes)
      } catch (error) {
        error.statusCode = 400
        done(error)
      }
    })

  app.post('/hooks/incoming/:guid', async (request, reply) => {
    const { headers } = request
    if (!isKey(headers.apikey)) {
      return reply.code(401).send()
    }
    await pool.query({
      name: 'insert',
      text: INSERT,
      values: [env.APPLICATION, uuid7(), env.HOOK, request.method,
        request.url, '', JSON.stringify({
          host: headers.host,
          'content-type': headers['content-type'],
          'content-length': headers['content-length']
        }), headers['content-type'], request.body, 'key', request.ip,
        'success']
    })
    return reply.code(200).send()
  })

  app.listen({ host: '127.0.0.1', port: Number(env.PORT) })
}

const processes = Number(env.PROCESSES)
if (processes > 1 && cluster.isPrimary) {
  for (let i = 0; i < processes; i++) cluster.fork()
  process.on('SIGTERM', () => process.exit(0))
} else {
  serve()
}
