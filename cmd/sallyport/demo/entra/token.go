package entra

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// token is the token endpoint (RFC 6749, 3.2).
func (p *provider) token(w http.ResponseWriter, r *http.Request, a authority) {
	if err := r.ParseForm(); err != nil {
		fail(w, problem{"invalid_request", "AADSTS900144", "The body could not be read."})
		return
	}
	if !p.known(r) {
		fail(w, problem{"invalid_client", "AADSTS7000215", "Invalid client secret is provided."})
		return
	}
	g, bad := p.redeem(a, r.PostForm)
	if bad != nil {
		fail(w, *bad)
		return
	}
	signed, err := p.sign(g)
	if err != nil {
		p.Log.Error("sign token", slog.Any("error", err))
		http.Error(w, "The token could not be signed.", http.StatusInternalServerError)
		return
	}
	reply(w, http.StatusOK, map[string]any{"token_type": "Bearer", "scope": strings.Join(g.request.scopes, " "), "expires_in": 3600,
		"access_token": rand.Text(), "id_token": signed})
}

func fail(w http.ResponseWriter, bad problem) {
	status := http.StatusBadRequest
	if bad.code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	reply(w, status, map[string]any{"error": bad.code, "error_description": bad.description()})
}

// known takes client_secret_basic, whose halves are form-encoded (RFC 6749, 2.3.1), and client_secret_post.
func (p *provider) known(r *http.Request) bool {
	name, secret := r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		var bad, worse error
		if name, bad = url.QueryUnescape(user); bad != nil {
			return false
		}
		if secret, worse = url.QueryUnescape(password); worse != nil {
			return false
		}
	}
	return name == ClientID && subtle.ConstantTimeCompare([]byte(secret), []byte(p.Secret)) == 1
}

func (p *provider) redeem(a authority, v url.Values) (grant, *problem) {
	if v.Get("grant_type") != "authorization_code" {
		return grant{}, &problem{"unsupported_grant_type", "AADSTS70003", "grant_type must be authorization_code."}
	}
	g, ok := p.codes.take(v.Get("code"), p.Now())
	switch {
	case !ok || g.authority != a.name:
		return grant{}, &problem{"invalid_grant", "AADSTS70008", "The code has expired, was used before or is not one of this authority's."}
	case v.Get("redirect_uri") != g.request.redirect:
		return grant{}, &problem{"invalid_grant", "AADSTS500112", "The redirect_uri is another than that of the authorization request."}
	case g.request.challenge != "" && challenge(v.Get("code_verifier")) != g.request.challenge:
		return grant{}, &problem{"invalid_grant", "AADSTS501481", "The code_verifier does not match the code_challenge of the authorization request."}
	}
	return g, nil
}

// challenge is S256 of RFC 7636, 4.2.
func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
