import type { Servers } from '../frame/servers.ts';
import { bad, type Finding, good, reasonOf } from './finding.ts';

const timeoutMs = 3000;

const ask = async (about: string, url: string, path = '/health'): Promise<Finding> => {
  try {
    const answer = await fetch(`${url.replace(/^ws/, 'http')}${path}`, { signal: AbortSignal.timeout(timeoutMs) });
    return answer.ok
      ? good(about, `healthy at ${url}`)
      : bad(about, `says ${answer.status} at ${url}${path}`, `see its log (logs/${about}.log in the data folder)`);
  } catch (error) {
    return bad(about, `${url}: ${reasonOf(error)}`, `is it running? See logs/${about}.log in the data folder`);
  }
};

/** The services whose addresses are known, which are those that `npm start` brought up. */
export const checkServices = async (servers: Servers): Promise<Finding[]> => {
  const { apiUrl, wsUrl, operations } = await servers.target();
  return Promise.all([
    ...(apiUrl === undefined ? [] : [ask('api', apiUrl)]),
    ...(wsUrl === undefined ? [] : [ask('gateway', wsUrl)]),
    ...Object.entries(operations).map(([name, url]) => ask(name, url, '/readyz')),
  ]);
};
