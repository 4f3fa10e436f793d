package entra

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// sign makes the ID token, as the v2.0 endpoint does where the optional claims amr, acrs, auth_time, email, xms_edov,
// groups, sid and login_hint are switched on.
func (p *provider) sign(g grant) (string, error) {
	key := p.keys.of(g.directory.ID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("use key: %w", err)
	}
	body, err := json.Marshal(g.claims(p.Self, p.Now()))
	if err != nil {
		return "", fmt.Errorf("write claims: %w", err)
	}
	signed, err := signer.Sign(body)
	if err != nil {
		return "", fmt.Errorf("sign claims: %w", err)
	}
	return signed.CompactSerialize()
}

func (g grant) claims(self string, now time.Time) map[string]any {
	c := map[string]any{"iss": Issuer(self, g.directory.ID), "aud": ClientID, "ver": "2.0", "tid": g.directory.ID, "sub": pairwise(g.directory, g.person),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(), "auth_time": g.at.Unix(), "sid": sid(),
		"acct": 0, "login_hint": hint(g.person), "amr": g.methods()}
	if g.request.nonce != "" {
		c["nonce"] = g.request.nonce
	}
	if len(g.contexts) > 0 {
		c["acrs"] = g.contexts
	}
	if len(g.person.Groups) > 0 {
		c["groups"] = g.person.Groups
	}
	if slices.Contains(g.request.scopes, "profile") {
		c["oid"], c["name"], c["preferred_username"] = g.person.OID, g.person.Name, g.person.Address
	}
	if slices.Contains(g.request.scopes, "email") {
		c["email"], c["xms_edov"] = g.person.mailbox()
	}
	return c
}

// methods are what Entra tells of the Authenticator app that asks for approval.
func (g grant) methods() []string {
	if g.mfa {
		return []string{"pwd", "rsa", "mfa"}
	}
	return []string{"pwd"}
}

func (p Person) mailbox() (address string, verified bool) {
	if p.Email != "" {
		return p.Email, false
	}
	return p.Address, true
}

// pairwise is the subject, which is another for each application (OpenID Connect Core 1.0, 8.1).
func pairwise(d Directory, p Person) string { return digest(ClientID + d.ID + p.OID) }

// hint is the claim that an application hands back as login_hint, opaque to it.
func hint(p Person) string { return "O." + digest("hint"+p.OID) }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func sid() string { return "00" + rand.Text() }
