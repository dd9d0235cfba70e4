import { describe, expect, it } from 'vitest';
import { withoutSecrets } from '../../../../../machines/shared/governance/secrets.ts';
import { type UrlPolicy, urlFault } from '../../../../../machines/shared/governance/url-policy.ts';

const open: UrlPolicy = {
  schemes: ['https', 'http', 'ftps', 'ftp', 'sftp'],
  hosts: [],
  ports: [],
  allowLocalAddresses: false,
};
const narrow: UrlPolicy = {
  ...open,
  schemes: ['https', 'sftp'],
  hosts: ['files.example.com', '*.cdn.example.com'],
  ports: [443, 8443],
};

const faultOf = (policy: UrlPolicy, url: string) => urlFault(policy, url)?.code ?? null;

describe('a URL in a command', () => {
  it.each([
    'https://files.example.com/f.bin',
    'HTTP://files.example.com:8080/f.bin?sig=a@b',
    'ftp://10.1.2.3/logs/',
    'sftp://192.168.0.9:2222/logs',
    'https://[2001:db8::1]/f',
    'https://files.example.com/a@b',
  ])('is let through by the defaults: %s', (url) => {
    expect(faultOf(open, url)).toBeNull();
  });

  it.each([
    ['credentials', 'ftp://user:pw@files.example.com/'],
    ['credentials', 'ftp://user@files.example.com/'],
    ['credentials', 'https://@files.example.com/'],
    ['credentials', 'https://files.example.com@127.0.0.1/'],
    ['scheme', 'file://files.example.com/etc/passwd'],
    ['scheme', 'gopher://files.example.com/'],
    ['localAddress', 'http://localhost/'],
    ['localAddress', 'http://LOCALHOST./'],
    ['localAddress', 'http://a.localhost/'],
    ['localAddress', 'http://127.0.0.1/'],
    ['localAddress', 'http://127.1/'],
    ['localAddress', 'http://2130706433/'],
    ['localAddress', 'ftp://0x7f000001/'],
    ['localAddress', 'sftp://0177.0.0.1/'],
    ['localAddress', 'http://0.0.0.0/'],
    ['localAddress', 'http://169.254.169.254/latest/meta-data/'],
    ['localAddress', 'http://metadata.google.internal/'],
    ['localAddress', 'http://100.100.100.200/'],
    ['localAddress', 'http://[fd00:ec2::254]/'],
    ['localAddress', 'http://[::1]/'],
    ['localAddress', 'http://[::]/'],
    ['localAddress', 'http://[fe80::1]/'],
    ['localAddress', 'sftp://[::ffff:127.0.0.1]/'],
    ['localAddress', 'http://[64:ff9b::169.254.169.254]/'],
    ['unreadable', 'files.example.com/f.bin'],
    ['unreadable', 'https:files.example.com'],
    ['unreadable', 'https:\\\\127.0.0.1\\f'],
    ['unreadable', ' https://files.example.com/'],
    ['unreadable', 'https://files.example.com/a b'],
    ['unreadable', 'https://files.exämple.com/'],
    ['unreadable', 'https://'],
    ['unreadable', 'https://host:99999/'],
    ['unreadable', `https://files.example.com/${'a'.repeat(2_048)}`],
    ['unreadable', ''],
  ])('is refused by the defaults for its %s: %s', (code, url) => {
    expect(faultOf(open, url)).toBe(code);
  });

  it.each([
    [null, 'https://files.example.com/f'],
    [null, 'https://eu.cdn.example.com:8443/f'],
    ['host', 'https://cdn.example.com/f'],
    ['host', 'https://xcdn.example.com/f'],
    ['host', 'https://files.example.com.evil.test/f'],
    ['scheme', 'http://files.example.com/f'],
    ['port', 'https://files.example.com:444/f'],
    ['port', 'sftp://files.example.com/f'],
  ])('under a narrow policy: %s for %s', (code, url) => {
    expect(faultOf(narrow, url)).toBe(code);
  });

  it('may point here only where the site file says so', () => {
    expect(faultOf({ ...open, allowLocalAddresses: true }, 'http://127.0.0.1/')).toBeNull();
  });
});

describe('secrets in commands', () => {
  it.each([
    [
      { key: 'AuthorizationKey', value: 'top-secret' },
      { key: 'AuthorizationKey', value: '***' },
    ],
    [{ location: 'ftp://me:top-secret@h/x' }, { location: 'ftp://***@h/x' }],
    [{ location: 'me:top-secret@h/x' }, { location: 'me:***@h/x' }],
    [{ location: 'ftp:\\\\me:top-secret@h' }, { location: 'ftp:\\\\***@h' }],
    [
      { requestId: 1, log: { remoteLocation: 'sftp://a@b:top-secret@h/' } },
      { requestId: 1, log: { remoteLocation: 'sftp://***@h/' } },
    ],
    [{ firmware: { location: 'ftp://me:top-secret@h' } }, { firmware: { location: 'ftp://***@h' } }],
  ])('%j are masked', (payload, expected) => {
    expect(withoutSecrets(payload)).toEqual(expected);
  });

  it.each([
    [{ key: 'HeartbeatInterval', value: '60' }],
    [{ location: 'https://h/a@b' }],
    [{}],
    [{ firmware: null }],
  ])('%j holds none', (payload) => {
    expect(withoutSecrets(payload)).toBeNull();
  });
});
