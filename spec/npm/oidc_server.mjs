// An OAuth server that nobody here wrote, at the paths where Zendesk has its own:
// npm's oidc-provider with /oauth/tokens and /oauth/authorizations/new, JSON bodies
// at the token endpoint, and one resource that takes its tokens. Prints its port.
//
//   node oidc_server.mjs NODE_MODULES [ACCESS_TOKEN_SECONDS]

import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [modules, seconds = '300'] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const RESOURCE = 'urn:zendesk:api';
const counts = { authorization_code: 0, refresh_token: 0, client_credentials: 0 };

const client = (id, more) => ({
  client_id: id,
  application_type: 'native', // any port of loopback, as RFC 8252 wants it
  redirect_uris: ['http://127.0.0.1/callback'],
  response_types: ['code'],
  ...more,
});

const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(origin, {
  clients: [
    client('public_client', {
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
    }),
    client('confidential_client', {
      client_secret: 'test-client-secret',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    }),
  ],
  routes: { authorization: '/oauth/authorizations/new', token: '/oauth/tokens' },
  cookies: { keys: ['test-cookie-key'] },
  pkce: { required: (ctx, { clientId }) => clientId === 'public_client' },
  scopes: ['read', 'write', 'tickets:read'],
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: async (ctx, asking) => asking.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: {
    AccessToken: Number(seconds), ClientCredentials: Number(seconds), AuthorizationCode: 120,
    Grant: 86400, Interaction: 300, RefreshToken: 86400, Session: 86400, IdToken: 300,
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => RESOURCE,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'read write tickets:read', accessTokenFormat: 'opaque',
      }),
    },
  },
  interactions: { url: (ctx, interaction) => `/consent/${interaction.uid}` },
});

provider.on('server_error', (ctx, error) => { console.error(error); });
provider.on('grant.success', (ctx) => { counts[ctx.oidc.params.grant_type] += 1; });

// The person of the specs allows everything at once.
async function consent(req, res) {
  const { params, prompt } = await provider.interactionDetails(req, res);
  if (params.state === 'refuse-me') {
    return provider.interactionFinished(req, res, {
      error: 'access_denied', error_description: 'The person said no',
    });
  }
  if (prompt.name === 'login') {
    return provider.interactionFinished(req, res, { login: { accountId: '1001' } });
  }
  const grant = new provider.Grant({ accountId: '1001', clientId: params.client_id });
  grant.addOIDCScope(params.scope ?? 'read');
  grant.addResourceScope(RESOURCE, params.scope ?? 'read');
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } });
}

function json(res, status, value) {
  const text = JSON.stringify(value);
  res.writeHead(status, {
    'content-type': 'application/json', 'content-length': Buffer.byteLength(text),
  });
  res.end(text);
}

async function resource(req, res) {
  const value = (req.headers.authorization ?? '').replace(/^Bearer /, '');
  const token = await provider.AccessToken.find(value)
    ?? await provider.ClientCredentials.find(value);
  if (!token) return json(res, 401, { error: 'invalid_token', error_description: 'expired' });
  return json(res, 200, { user: { id: Number(token.accountId ?? 1), name: token.clientId } });
}

// oidc-provider reads forms; Zendesk's documentation asks for JSON.
async function form_from_json(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const fields = JSON.parse(Buffer.concat(chunks).toString());
  delete fields.expires_in;
  delete fields.refresh_token_expires_in;
  req.body = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, String(v)]));
  req.headers['content-type'] = 'application/x-www-form-urlencoded';
}

const oidc = provider.callback();

server.on('request', async (req, res) => {
  try {
    const { pathname } = new URL(req.url, origin);
    if (pathname.startsWith('/consent/')) return await consent(req, res);
    if (pathname === '/api/v2/users/me') return await resource(req, res);
    if (pathname === '/counts') return json(res, 200, counts);
    if (pathname === '/oauth/tokens') await form_from_json(req);
    return oidc(req, res);
  } catch (error) {
    return json(res, 500, { error: String(error) });
  }
});

console.log(`port ${server.address().port}`);
process.stdin.on('end', () => process.exit(0)).resume();
