import { generateKeyPairSync, sign } from 'node:crypto';

/** Encodes an ASN.1 value in DER: tag, length (X.690 8.1.3), contents. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  const size = body.length.toString(16);
  const long = Buffer.from(size.length % 2 ? `0${size}` : size, 'hex');
  const length = body.length < 128 ? [body.length] : [0x80 | long.length, ...long];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents);
const hex = (digits: string) => Buffer.from(digits, 'hex');
const text = (tag: number, value: string) => der(tag, Buffer.from(value));

/** The algorithm ecdsa-with-SHA256, 1.2.840.10045.4.3.2. */
const ECDSA_SHA256 = sequence(hex('06082a8648ce3d040302'));

/** Creates a self-signed certificate for `host` (RFC 5280 4.1), so that the repository contains no key. */
export function createCertificate(host: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const nobody = sequence();
  const always = sequence(text(0x17, '200101000000Z'), text(0x18, '99991231235959Z'));
  // 2.5.29.17, subjectAltName: the names that clients compare with.
  const names = sequence(hex('0603551d11'), der(0x04, sequence(text(0x82, host))));
  const facts = sequence(
    der(0xa0, hex('020102')), // version 3
    hex('020101'), // serial number 1
    ECDSA_SHA256,
    nobody,
    always,
    nobody,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(names)),
  );
  const signature = der(0x03, hex('00'), sign('sha256', facts, privateKey));
  const base64 = sequence(facts, ECDSA_SHA256, signature).toString('base64');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
