package federationtest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"
)

// lifetime is how long an honest ID token and an honest logout token are good.
const lifetime = 5 * time.Minute

// token exchanges a code once, with everything that was promised when it was asked for.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s := p.current()
	if !p.authenticated(w, r, Token) {
		return
	}
	if s.TokenError != "" {
		refuse(w, http.StatusBadRequest, s.TokenError, "as the test wants it")
		return
	}
	req, why := p.redeem(r.PostForm)
	if why != "" {
		refuse(w, http.StatusBadRequest, "invalid_grant", why)
		return
	}
	access := rand.Text()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": p.idToken(req, s)}
	if s.TokenResponse != nil {
		s.TokenResponse(answer)
	}
	reply(w, "no-store", http.StatusOK, answer)
}

func (p *Provider) redeem(f url.Values) (Request, string) {
	p.mu.Lock()
	req, ok := p.codes[f.Get("code")]
	delete(p.codes, f.Get("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	switch {
	case !ok:
		return req, "the code is unknown or used"
	case f.Get("grant_type") != "authorization_code":
		return req, "unknown grant_type"
	case f.Get("redirect_uri") != req.Parameters.Get("redirect_uri"):
		return req, "another redirect_uri"
	case base64.RawURLEncoding.EncodeToString(sum[:]) != req.Parameters.Get("code_challenge"):
		return req, "the code_verifier does not fit"
	}
	return req, ""
}

func (p *Provider) idToken(r Request, s Script) string {
	claims := p.truth(r)
	if s.Claims != nil {
		claims = over(claims, s.Claims(r))
	}
	honest := p.CurrentKey()
	if r.Directory == PersonalDirectory {
		honest = p.PersonalKey()
	}
	token := p.Sign(claims, s.Signing.or(honest))
	if s.Tamper != nil {
		token = s.Tamper(token)
	}
	return token
}

// truth are the claims of an honest ID token: alice, by her password, just now.
func (p *Provider) truth(r Request) map[string]any {
	now := p.now()
	c := map[string]any{"iss": r.Issuer, "sub": "alice", "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
		"nonce": r.Parameters.Get("nonce"), "auth_time": now.Unix(), "name": "Alice Example", "email": "alice@example.com"}
	if r.entra {
		return over(c, map[string]any{"tid": r.Directory, "oid": "0a11ce00-0000-4000-8000-000000000001", "ver": "2.0", "nbf": now.Unix(),
			"sub": "pairwise-alice", "preferred_username": "alice@example.com", "auth_time": nil})
	}
	return over(c, map[string]any{"email_verified": true})
}

// LogoutToken mints a logout token of Issuer() for alice (Back-Channel Logout 1.0, 2.4); claims are put over it, nil takes away.
func (p *Provider) LogoutToken(claims map[string]any, s Signing) string {
	now := p.now()
	truth := map[string]any{"iss": p.URL, "aud": p.ClientID, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(), "jti": rand.Text(),
		"sub": "alice", "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	s.Type = first(s.Type, "logout+jwt")
	return p.Sign(over(truth, claims), s)
}
