// An authorization server that is not ours (npm oidc-provider), as Constant Contact's is: PKCE for apps without a secret,
// rotation, the device flow, no discovery needed. Access tokens are JWTs that live a few seconds.
//
//   node oauth_provider.mjs PORT REDIRECT LIFE_SECONDS
//
// Below /v1 it is the server; /v3/account/summary is an API that takes its tokens; /_hold makes it carry out the next
// renewal and never answer; /_held says how many it keeps waiting; /_counts what was granted.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, redirect, life] = process.argv.slice(2);
const require = createRequire(`${process.env.OIDC_PROVIDER}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const origin = `http://127.0.0.1:${port}`;
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const app = { grant_types: ['authorization_code', 'refresh_token', device], redirect_uris: [redirect], application_type: 'native' };
const provider = new Provider(origin, {
  clients: [
    { ...app, client_id: 'without-secret', token_endpoint_auth_method: 'none' },
    { ...app, client_id: 'with-secret', client_secret: 's+cr/t: &', token_endpoint_auth_method: 'client_secret_basic' },
  ],
  scopes: ['offline_access', 'contact_data', 'account_read'],
  routes: { authorization: '/v1/authorize', token: '/v1/token', device_authorization: '/v1/device/authorize' },
  features: {
    deviceFlow: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${origin}/v3`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'contact_data account_read', accessTokenFormat: 'jwt', accessTokenTTL: Number(life), jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  pkce: { required: (_, client) => client.tokenEndpointAuthMethod === 'none' },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  expiresWithSession: () => false,
  ttl: { RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600, DeviceCode: 60 },
});

let hold = false;
let held = 0;
const counts = {};
provider.use(async (ctx, next) => {
  if (ctx.path === '/_hold') return void (hold = true, ctx.body = 'ok\n');
  if (ctx.path === '/_held') return void (ctx.body = `${held}\n`);
  if (ctx.path === '/_counts') return void (ctx.body = counts);
  if (ctx.path === '/v3/account/summary') return summary(ctx);
  await next();
  const grant = ctx.oidc?.params?.grant_type;
  if (ctx.path === '/v1/token') counts[`${grant} ${ctx.status}`] = (counts[`${grant} ${ctx.status}`] ?? 0) + 1;
  if (hold && ctx.path === '/v1/token' && grant === 'refresh_token' && ctx.status === 200) {
    [hold, held] = [false, held + 1];
    await new Promise(() => {});
  }
});

function summary(ctx) {
  const claims = ctx.get('authorization').match(/^Bearer [^.]+\.([^.]+)\.[^.]+$/)?.[1];
  const { exp } = JSON.parse(Buffer.from(claims ?? 'e30', 'base64url'));
  ctx.status = exp > Date.now() / 1000 ? 200 : 401;
  ctx.body = ctx.status === 200
    ? { organization_name: 'Contoso', encoded_account_id: 'p07e1l8cdif9dl', time_zone_id: 'US/Eastern' }
    : { error_key: 'unauthorized', error_message: 'Unauthorized' };
}

provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
