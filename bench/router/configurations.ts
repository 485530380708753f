/**
 * The rivals' configurations. All do the same work as we do: an access log line per request,
 * keep-alive on both sides, X-Forwarded-For and a request id, one worker.
 */

interface Ports {
  readonly port: number;
  readonly backendPort: number;
}

/** The log is buffered, as ours is. One process, so that it ends with the one that we started. */
export const nginxConfiguration = ({ port, backendPort }: Ports, folder: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx-error.log;
events { worker_connections 4096; }
http {
  log_format bench '$host - [$time_iso8601] "$request" $status $body_bytes_sent "$http_referer" '
    '"$http_user_agent" $remote_addr:$remote_port $upstream_addr $request_id '
    '$request_time $upstream_response_time';
  access_log ${folder}/nginx-access.log bench buffer=64k flush=1s;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 100000000;
  tcp_nodelay on;
  upstream app {
    server 127.0.0.1:${backendPort};
    keepalive 128;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Request-Id $request_id;
    }
  }
}
`;

/** The log goes to standard output, one write per line: it has no file log of its own. */
export const haproxyConfiguration = ({ port, backendPort }: Ports): string => `
global
  nbthread 1
  maxconn 4096
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option forwardfor
  option http-keep-alive
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend traffic
  bind 127.0.0.1:${port}
  unique-id-format %[uuid()]
  unique-id-header X-Request-Id
  default_backend app
backend app
  server app 127.0.0.1:${backendPort}
`;
