// An HTTP/1.1 server that guests call. Prints its port on the first line and serves until its standard input ends.

'use strict';

const http = require('node:http');
const net = require('node:net');

const CHUNK = 'x'.repeat(1000);

const routes = {
  // The request as JSON: method, target, header fields in order, size of the body.
  '/echo': (request, response, body) => {
    const { method, url, rawHeaders } = request;
    const headers = [];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      headers.push([rawHeaders[at].toLowerCase(), rawHeaders[at + 1]]);
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ method, target: url, headers, size: body.length }));
  },
  // The body of the request.
  '/body': (_request, response, body) => response.end(body),
  // Chunks without an announced length, one per turn of the event loop.
  '/chunks': (_request, response) => {
    let left = 100;
    const write = () => {
      if (left-- === 0) {
        response.end();
      } else {
        response.write(CHUNK);
        setImmediate(write);
      }
    };
    write();
  },
  // Chunks until the client leaves, which is told on standard output.
  '/endless': (_request, response) => {
    response.on('close', () => console.log('the client has left'));
    const write = () => {
      while (!response.destroyed && response.write(CHUNK));
    };
    response.on('drain', write);
    write();
  },
  '/redirect': (_request, response) => {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' });
    response.end();
  },
  // An error of a Mikros service.
  '/error': (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify({ kind: 'NotFoundError', message: 'not found', code: 42, service_name: 'user' }));
  },
  '/unavailable': (_request, response) => {
    response.writeHead(503);
    response.end('busy');
  },
  // Half of what is announced, then the end of the connection.
  '/half': (request, response) => {
    response.writeHead(200, { 'content-length': '200000' });
    response.write('x'.repeat(100000), () => request.socket.destroy());
  },
  // Never a response; that the client has left is told on standard output.
  '/never': (_request, response) => {
    response.on('close', () => console.log('the client has left'));
    console.log('a request waits');
  },
};

const server = http.createServer((request, response) => {
  const route = routes[new URL(request.url, 'http://localhost').pathname];
  if (!route) {
    response.writeHead(404);
    response.end('no such route');
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => route(request, response, Buffer.concat(chunks)));
});

// A server that answers everything with what is no HTTP.
const garbage = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('\x00\xff this is neither HTTP/1.1 nor HTTP/2\r\n\r\n'));
});

server.listen(0, '127.0.0.1', () => {
  garbage.listen(0, '127.0.0.1', () => {
    console.log(server.address().port);
    console.log(garbage.address().port);
  });
});

process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
