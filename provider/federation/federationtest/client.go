package federationtest

import (
	"crypto/ecdsa"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// clientKey verifies the client's assertions.
type clientKey = *ecdsa.PublicKey

func newClientKey(t testing.TB) (clientKey, string) {
	k := NewKey(t)
	return &k.PublicKey, PEM(t, k)
}

// authenticated answers with invalid_client unless the client proved who it is, in exactly one way.
func (p *Provider) authenticated(w http.ResponseWriter, r *http.Request, e Endpoint) bool {
	x := Exchange{Endpoint: e, Form: r.PostForm}
	why := p.prove(r, &x)
	if why != "" {
		refuse(w, http.StatusUnauthorized, "invalid_client", why)
		return false
	}
	p.note(func(n *record) { n.exchanges = append(n.exchanges, x) })
	return true
}

func (p *Provider) prove(r *http.Request, x *Exchange) string {
	id, secret, header := r.BasicAuth()
	_, posted := r.PostForm["client_secret"]
	assertion := r.PostForm.Get("client_assertion")
	switch {
	case header && (posted || assertion != "") || posted && assertion != "":
		return "more than one way"
	case header:
		x.Method = "client_secret_basic"
		id, err1 := url.QueryUnescape(id)
		secret, err2 := url.QueryUnescape(secret)
		return unless(err1 == nil && err2 == nil && id == p.ClientID && secret == p.Secret, "the header is wrong")
	case posted:
		x.Method = "client_secret_post"
		return unless(r.PostForm.Get("client_id") == p.ClientID && r.PostForm.Get("client_secret") == p.Secret, "the secret is wrong")
	}
	x.Method = "private_key_jwt"
	if r.PostForm.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return "no way"
	}
	return p.asserted(assertion, r, x)
}

// asserted reads an assertion as RFC 7523, 3 asks, for the token endpoint of whoever was asked.
func (p *Provider) asserted(assertion string, r *http.Request, x *Exchange) string {
	signed, err := jose.ParseSignedCompact(assertion, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return err.Error()
	}
	payload, err := signed.Verify(p.client)
	if err == nil {
		err = json.Unmarshal(payload, &x.Assertion)
	}
	if err != nil {
		return err.Error()
	}
	at := p.URL
	if dir := r.PathValue("dir"); dir != "" {
		at += "/" + dir
	}
	c, now := x.Assertion, p.now()
	exp, _ := c["exp"].(float64)
	end := time.Unix(int64(exp), 0)
	fresh := now.Before(end) && end.Before(now.Add(10*time.Minute))
	named := c["iss"] == p.ClientID && c["sub"] == p.ClientID && c["aud"] == at+"/"+string(Token)
	return unless(fresh && named && p.once(c["jti"]), "the assertion is wrong: "+strings.TrimSpace(string(payload)))
}

func (p *Provider) once(jti any) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, _ := jti.(string)
	fresh := s != "" && !p.jtis[s]
	p.jtis[s] = true
	return fresh
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}
