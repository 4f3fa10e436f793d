// A real provider in the manner of Entra: one directory, ID tokens with tid, oid, amr, acrs and auth_time. People sign in by
// themselves: login_hint says who, and "+mfa" in it that they have shown a second factor; asked for acrs, everybody shows one.
import http from 'node:http'
import { Provider } from 'oidc-provider'

const [port, redirect, signedOut, backchannel] = process.argv.slice(2)
const directory = '11111111-2222-4333-8444-555555555555'
const mount = `/${directory}/v2.0`
const issuer = `http://localhost:${port}${mount}`

const people = { kim: 'aaaaaaaa-0000-4000-8000-000000000001', lee: 'aaaaaaaa-0000-4000-8000-000000000002' }

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'sallyport', client_secret: 'a secret that only the test knows', redirect_uris: [redirect],
    post_logout_redirect_uris: [signedOut], backchannel_logout_uri: backchannel, backchannel_logout_session_required: true,
    grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
  }],
  conformIdTokenClaims: false,
  // Its guard against private addresses would keep its notices from a test that runs on loopback.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  claims: { openid: ['sub', 'oid', 'tid', 'ver', 'acrs'], profile: ['name', 'preferred_username'], email: ['email', 'xms_edov'], amr: null, auth_time: null, sid: null },
  features: {
    devInteractions: { enabled: false }, pushedAuthorizationRequests: { enabled: true }, claimsParameter: { enabled: true },
    backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true, logoutSource: confirmed },
  },
  extraParams: ['domain_hint'],
  pkce: { required: () => true },
  cookies: { keys: ['only for a test'] },
  interactions: { url: (ctx, interaction) => `${mount}/interaction/${interaction.uid}` },
  async findAccount (_ctx, sub) {
    const name = Object.keys(people).find((n) => people[n] === sub)
    return {
      accountId: sub,
      claims: (_use, _scope, claims) => ({ sub, oid: sub, tid: directory, ver: '2.0', name, preferred_username: `${name}@contoso.test`,
        email: `${name}@contoso.test`, xms_edov: true, acrs: claims?.acrs ? ['c1'] : undefined }),
    }
  },
})

// confirmed skips the question whether to sign out: nobody is there to answer it.
async function confirmed (ctx, form) {
  ctx.body = `<html><body onload="document.forms[0].submit()">${form}<script></script></body></html>`
}

async function interaction (req, res) {
  const details = await provider.interactionDetails(req, res)
  const hint = String(details.params.login_hint ?? 'kim')
  const stepped = hint.includes('+mfa') || String(details.params.claims ?? '').includes('acrs')
  if (details.prompt.name === 'login') {
    const accountId = people[hint.split(/[+@]/)[0]] ?? people.kim
    return provider.interactionFinished(req, res, { login: { accountId, amr: stepped ? ['pwd', 'mfa'] : ['pwd'], remember: true } })
  }
  const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id })
  grant.addOIDCScope(String(details.params.scope))
  grant.addOIDCClaims(['amr', 'auth_time', 'acrs'])
  return provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
}

const answer = provider.callback()
http.createServer((req, res) => {
  if (!req.url.startsWith(mount)) return res.writeHead(404).end()
  if (req.url.startsWith(`${mount}/interaction/`)) return interaction(req, res).catch((e) => res.writeHead(500).end(String(e)))
  req.originalUrl = req.url
  req.url = req.url.slice(mount.length) || '/'
  answer(req, res)
}).listen(Number(port), '127.0.0.1', () => console.log(`ready ${issuer}`))
