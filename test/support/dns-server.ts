import { createSocket } from 'node:dgram';
import dns from 'node:dns';
import { once } from 'node:events';
import ipaddr from 'ipaddr.js';

const TYPES: Record<number, 'A' | 'AAAA'> = { 1: 'A', 28: 'AAAA' };
const FLAGS = { found: 0x8180, SERVFAIL: 0x8182, NXDOMAIN: 0x8183 };

/** Addresses of a name or a failure; `silence` sends no response. */
export type DnsAnswer = string[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence';

/** Starts a DNS server that this process queries until it is disposed. */
export async function startDnsServer(answer: (name: string, type: 'A' | 'AAAA') => DnsAnswer) {
  const before = dns.getServers();
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const [name, type] = readQuestion(question);
    const result = answer(name, type);
    if (result !== 'silence')
      socket.send(writeAnswer(question, type, result), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  dns.setServers([`127.0.0.1:${socket.address().port}`]);
  return {
    [Symbol.dispose]() {
      dns.setServers(before);
      socket.close();
    },
  };
}

/** RFC 1035 4.1: a 12-byte header, the length-prefixed labels of the name, then type and class. */
function readQuestion(message: Buffer): [name: string, type: 'A' | 'AAAA'] {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at]; length; length = message[at]) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return [labels.join('.').toLowerCase(), TYPES[message.readUInt16BE(at + 1)] ?? 'A'];
}

function writeAnswer(
  question: Buffer,
  type: 'A' | 'AAAA',
  result: string[] | 'NXDOMAIN' | 'SERVFAIL',
) {
  const addresses = typeof result === 'string' ? [] : result.map((text) => ipaddr.parse(text));
  const fitting = addresses.filter((ip) => (ip.kind() === 'ipv4') === (type === 'A'));
  const end = question.indexOf(0, 12) + 5;
  const message = Buffer.from(question.subarray(0, end));
  message.writeUInt16BE(FLAGS[typeof result === 'string' ? result : 'found'], 2);
  message.writeUInt16BE(fitting.length, 6);
  message.writeUInt32BE(0, 8);
  return Buffer.concat([message, ...fitting.map((ip) => record(type, ip.toByteArray()))]);
}

/** A pointer to the name at byte 12, type, class IN, TTL 0 and the address. */
function record(type: 'A' | 'AAAA', address: number[]) {
  const head = [0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 0, 0, address.length];
  return Buffer.from([...head, ...address]);
}
