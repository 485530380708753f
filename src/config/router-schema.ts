import { type TProperties, type TSchema, Type } from 'typebox';
import { DURATION_PATTERN } from './duration.ts';

/**
 * The keys of the original's configuration file (gorouter.md §1.2). One list serves both ways in:
 * the node's own file, where an unknown key is an error, and the original's file, where it is
 * ignored. The defaults differ: the node takes those of the BOSH job, the drop-in those of the
 * original program.
 */
export type Flavor = 'node' | 'original';

const PORT = { minimum: 0, maximum: 65_535 };
const COUNT = { minimum: 0, maximum: 1_000_000_000 };

const duration = (value: string, description: string): TSchema =>
  Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], {
    default: value,
    description,
  });
const text = (value: string, description: string): TSchema =>
  Type.String({ default: value, description });
const flag = (value: boolean, description: string): TSchema =>
  Type.Boolean({ default: value, description });
const port = (value: number, description: string): TSchema =>
  Type.Integer({ ...PORT, default: value, description });
const count = (value: number, description: string): TSchema =>
  Type.Integer({ ...COUNT, default: value, description });
const texts = (value: string[], description: string): TSchema =>
  Type.Array(Type.String(), { default: value, description });
const choice = (allowed: string[], description: string): TSchema =>
  Type.Enum(allowed as [string, ...string[]], { default: allowed[0], description });
const strict = (properties: TProperties, flavor: Flavor): TSchema =>
  Type.Object(properties, { additionalProperties: flavor === 'original', default: {} });

/** Headers that a client may not have dropped by naming them in Connection (job default). */
const PROTECTED_HEADERS = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'B3',
  'X-B3',
  'X-B3-SpanID',
  'X-B3-TraceID',
  'X-Request-Start',
  'X-Forwarded-Client-Cert',
];

function statusSchema(flavor: Flavor): TSchema {
  const isNode = flavor === 'node';
  return strict(
    {
      host: text(isNode ? '127.0.0.1' : '0.0.0.0', 'address of the status port'),
      port: port(8082, 'status port: health, routes, varz, metrics'),
      routes_port: port(0, 'the same on another port of 127.0.0.1; 0: none'),
      user: text('', 'user of the protected paths; empty: a random one, shown at start'),
      pass: text('', 'password of the protected paths; empty: a random one, shown at start'),
    },
    flavor,
  );
}

function backendsSchema(flavor: Flavor): TSchema {
  const isNode = flavor === 'node';
  return strict(
    {
      max_attempts: Type.Integer({
        minimum: -1_000_000,
        maximum: 1000,
        default: isNode ? 3 : 0,
        description: 'tries per request; 0: each endpoint of the route once',
      }),
      max_conns: count(isNode ? 500 : 0, 'requests at a time per endpoint; 0: no limit'),
      // Only checked: endpoints are not spoken to over TLS yet.
      ...(isNode
        ? {}
        : { cert_chain: text('', 'only checked'), private_key: text('', 'only checked') }),
    },
    flavor,
  );
}

/** Level and format of a node's log stand at the top of its file. */
function loggingSchema(flavor: Flavor): TSchema {
  const ofOriginal = {
    level: text('debug', 'debug, info, warn, error or fatal'),
    format: strict({ timestamp: choice(['unix-epoch', 'rfc3339'], 'of log lines') }, flavor),
  };
  return strict(
    {
      ...(flavor === 'original' ? ofOriginal : {}),
      redact_query_params: choice(['none', 'all', 'hash'], 'query of GET requests in the log'),
      disable_log_forwarded_for: flag(false, 'leave X-Forwarded-For out of the access log'),
      disable_log_source_ip: flag(false, "leave the client's address out of the access log"),
      extra_access_log_fields: texts(
        [],
        'failed_attempts, failed_attempts_time, backend_time, dial_time, local_address',
      ),
    },
    flavor,
  );
}

function rewriteSchema(flavor: Flavor): TSchema {
  const rule = Type.Object({ name: Type.String(), value: Type.Optional(Type.String()) });
  return strict(
    {
      responses: strict(
        {
          add_headers_if_not_present: Type.Array(rule, { default: [] }),
          remove_headers: Type.Array(rule, { default: [] }),
        },
        flavor,
      ),
    },
    flavor,
  );
}

function registryProperties(flavor: Flavor): TProperties {
  const isNode = flavor === 'node';
  return {
    prune_stale_droplets_interval: duration('30s', 'time between two sweeps'),
    droplet_stale_threshold: duration('120s', 'an endpoint without a heartbeat goes after this'),
    suspend_pruning_if_nats_unavailable: flag(isNode, 'keep routes while NATS is away'),
    isolation_segments: texts([], 'segments that this router serves'),
    routing_table_sharding_mode: choice(
      ['all', 'segments', 'shared-and-segments'],
      'which isolation segments are taken',
    ),
    empty_pool_response_code_503: flag(isNode, '503 instead of 404 when all endpoints are gone'),
    empty_pool_timeout: duration('0s', 'how long a route without endpoints is remembered'),
    balancing_algorithm: choice(['round-robin', 'least-connection'], 'choice of the endpoint'),
    balancing_algorithm_az_preference: choice(['none', 'locally-optimistic'], 'own zone first'),
    route_latency_metric_muzzle_duration: duration(
      isNode ? '30s' : '20s',
      'no registration latency is measured for this long',
    ),
    zone: text('', 'availability zone of this router'),
  };
}

function headerProperties(flavor: Flavor): TProperties {
  return {
    force_forwarded_proto_https: flag(false, 'X-Forwarded-Proto is always https'),
    sanitize_forwarded_proto: flag(false, "do not trust the client's X-Forwarded-Proto"),
    forwarded_client_cert: choice(
      ['always_forward', 'forward', 'sanitize_set'],
      'what becomes of X-Forwarded-Client-Cert',
    ),
    hop_by_hop_headers_to_filter: texts(
      flavor === 'node' ? PROTECTED_HEADERS : [],
      'headers that Connection cannot remove',
    ),
    http_rewrite: rewriteSchema(flavor),
    sticky_session_cookie_names: texts(['JSESSIONID'], 'session cookies that pin a client'),
    secure_cookies: flag(false, '__VCAP_ID__ is always Secure'),
    sticky_sessions_for_auth_negotiate: flag(false, 'pin clients that authenticate by Negotiate'),
    html_error_template_file: text('', 'page for errors of the router'),
    trace_key: text('', 'value of X-Vcap-Trace that makes the route visible'),
    healthcheck_user_agent: text('HTTP-Monitor/1.1', 'agent of load balancers'),
    extra_headers_to_log: texts([], 'request headers in the access log'),
  };
}

function limitProperties(flavor: Flavor): TProperties {
  const isNode = flavor === 'node';
  return {
    frontend_idle_timeout: duration('900s', 'an idle client connection is closed after this'),
    read_header_timeout: duration(isNode ? '10s' : '0s', 'time for a request head; 0: no limit'),
    max_request_header_bytes: Type.Integer({ default: 0, description: '0: 1 MiB' }),
    max_header_bytes: Type.Integer({ default: 0, description: 'older name of the same' }),
    max_request_headers: count(isNode ? 1000 : 0, 'header lines of a request; 0: no limit'),
    max_response_headers: count(0, 'header lines of an answer; 0: no limit'),
    max_response_header_bytes: count(0, 'bytes of the head of an answer; 0: 1 MiB'),
    endpoint_timeout: duration(isNode ? '900s' : '60s', 'whole time of a request; 0: no limit'),
    endpoint_dial_timeout: duration('5s', 'time to connect to an endpoint'),
    websocket_dial_timeout: duration('0s', 'answer to an upgrade; 0: as endpoint_dial_timeout'),
    endpoint_keep_alive_probe_interval: duration('1s', 'TCP keep-alive to endpoints'),
    disable_keep_alives: flag(!isNode, 'a new connection to the endpoint for each request'),
    max_idle_conns_per_host: count(isNode ? 100 : 2, 'idle connections kept per endpoint'),
    max_idle_conns: count(100, 'the same; the smaller of both counts'),
    idle_connection_timeout: duration(isNode ? '50s' : '90s', 'idle connections to endpoints'),
    keep_alive_100_continue_requests: flag(false, 'keep connections of Expect: 100-continue'),
  };
}

function lifecycleProperties(flavor: Flavor): TProperties {
  const isNode = flavor === 'node';
  return {
    start_response_delay_interval: duration(
      isNode ? '0s' : '5s',
      'time for routes to arrive before the port opens',
    ),
    minimum_register_interval: duration(
      isNode ? '20s' : '0s',
      'how often apps are asked to register; 0: as start_response_delay_interval',
    ),
    publish_start_message_interval: duration(
      isNode ? '30s' : '30s',
      'router.start again after this; 0: only at start and reconnect',
    ),
    publish_active_apps_interval: duration('0s', 'router.active_apps; 0: off'),
    drain_wait: duration('0s', 'serve on with bad health before the port closes'),
    drain_closes_connections: flag(
      isNode,
      'answers during drain_wait end their connections, so that clients go elsewhere in time',
    ),
    drain_timeout: duration('0s', 'time for requests in hand; 0: as endpoint_timeout'),
    drain_on_terminate: flag(isNode, 'SIGTERM lets requests in hand finish'),
    load_balancer_healthy_threshold: duration('0s', 'only checked'),
  };
}

/** Of those that today's clients speak. */
const NODE_CIPHERS =
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:' +
  'ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384';

/** TLS from clients; checked as a whole by frontend-tls.ts. */
function tlsProperties(flavor: Flavor): TProperties {
  const isNode = flavor === 'node';
  return {
    enable_ssl: flag(false, 'take TLS from clients, on ssl_port (engine wire)'),
    disable_http: flag(false, 'no plain traffic port; needs enable_ssl'),
    ssl_port: port(isNode ? 8443 : 443, 'traffic port for TLS'),
    tls_pem: Type.Array(
      strict(
        { cert_chain: text('', 'PEM, the whole chain'), private_key: text('', 'PEM') },
        flavor,
      ),
      { default: [], description: 'certificates; the name that the client asks for picks one' },
    ),
    min_tls_version: text('', 'TLSv1.0 to TLSv1.3; empty: TLSv1.2'),
    max_tls_version: text(isNode ? 'TLSv1.3' : '', 'TLSv1.2 or TLSv1.3; empty: TLSv1.2'),
    cipher_suites: text(isNode ? NODE_CIPHERS : '', 'up to TLSv1.2, with colons'),
    client_cert_validation: text(isNode ? 'none' : '', 'none, request or require'),
    client_ca_certs: text('', 'PEM: authorities of client certificates'),
    only_trust_client_ca_certs: flag(false, 'the authorities of the system do not count'),
  };
}

/** Everything of the router; the original's file has it at top level. */
export function routerProperties(flavor: Flavor): TProperties {
  const isNode = flavor === 'node';
  return {
    engine: choice(['wire', 'http-proxy'], 'what moves the bytes of requests'),
    workers: Type.Integer({
      minimum: 0,
      maximum: 64,
      default: 1,
      description: 'threads that serve the traffic port (engine wire); 0: as many as cores',
    }),
    index: count(0, 'number of this instance; part of its id'),
    host: text(isNode ? '' : '', 'address of the traffic port; empty: all'),
    port: port(isNode ? 8080 : 8081, 'traffic port'),
    reuse_port: flag(false, 'another router may listen on the same port, to take over'),
    ...tlsProperties(flavor),
    status: statusSchema(flavor),
    backends: backendsSchema(flavor),
    ...registryProperties(flavor),
    ...headerProperties(flavor),
    ...limitProperties(flavor),
    ...lifecycleProperties(flavor),
    enable_http2: flag(true, 'endpoints may register for http2'),
    enable_tcp_upgrade: flag(false, 'the raw `Upgrade: tcp` of 2013'),
    access_log: strict(
      {
        file: text(isNode ? 'access.log' : '', 'access log; empty: none'),
        enable_streaming: flag(false, 'access log on standard output too'),
        format: choice(['text', 'json'], 'format of its lines'),
      },
      flavor,
    ),
    logging: loggingSchema(flavor),
  };
}
