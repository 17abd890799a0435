import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { ensureFolder } from './folders.ts';

/** Paths of PEM files. */
export type Certificates = {
  /** The authority that all certificates here are from. */
  readonly ca: string;
  /** For servers on this machine, by the names `localhost` and 127.0.0.1. */
  readonly cert: string;
  readonly key: string;
};

const days = 30;
const msPerDay = 86_400_000;

/**
 * Makes an authority and one certificate of it for servers on loopback, good for 30 days: for clusters that are tried out and tested. The
 * authority's own key is thrown away.
 */
export const makeCertificates = async (folder: string): Promise<Certificates> => {
  await ensureFolder(folder, 0o700);
  const options = { keySize: 2048, algorithm: 'sha256', notAfterDate: new Date(Date.now() + days * msPerDay) };
  const authority = await generate([{ name: 'commonName', value: 'KuraXX on this machine' }], {
    ...options,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...options,
    ca: { cert: authority.cert, key: authority.private },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true }, // servers of a cluster are each other's clients
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const [ca, cert, key] = [join(folder, 'ca.pem'), join(folder, 'server.pem'), join(folder, 'server.key')];
  await writeFile(ca, authority.cert);
  await writeFile(cert, server.cert);
  await writeFile(key, server.private, { mode: 0o600 });
  return { ca, cert, key };
};
