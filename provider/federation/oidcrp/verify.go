package oidcrp

import (
	"context"
	"crypto"
	"crypto/subtle"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxToken       = 64 << 10
	tenantTemplate = "{tenantid}"
)

var directory = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// verify believes nothing in a token before its signature, and then only what was said for us, here and now. It holds for ID
// tokens and logout tokens alike; typ is what the token may call itself beside JWT.
func (c *Client) verify(ctx context.Context, r Relying, m Metadata, raw, typ string) (claims, string, error) {
	signed, alg, err := parseToken(raw, m, typ)
	if err != nil {
		return nil, "", err
	}
	payload, signers, err := c.signature(ctx, m, signed, alg)
	if err != nil {
		return nil, "", err
	}
	cl, err := readClaims(payload)
	if err != nil {
		return nil, "", disbelieve(reasonClaims, "read the claims: %w", err)
	}
	if err := r.issued(cl, m, signers, typ); err != nil {
		return nil, "", err
	}
	if err := r.addressed(cl); err != nil {
		return nil, "", err
	}
	return cl, alg, c.timely(cl)
}

// parseToken bounds a token before anything looks into it, and takes no algorithm that was not agreed on.
func parseToken(raw string, m Metadata, typ string) (*jose.JSONWebSignature, string, error) {
	if len(raw) > maxToken || strings.Count(raw, ".") != 2 {
		return nil, "", disbelieve(reasonClaims, "it is no signed token")
	}
	algs := make([]jose.SignatureAlgorithm, 0, len(m.SigningAlgs))
	for _, a := range m.SigningAlgs {
		algs = append(algs, jose.SignatureAlgorithm(a))
	}
	signed, err := jose.ParseSignedCompact(raw, algs)
	if err != nil {
		return nil, "", disbelieve(reasonAlgorithm, "read the token: %w", err)
	}
	header := signed.Signatures[0].Header
	if said, ok := header.ExtraHeaders[jose.HeaderType]; ok && !typed(said, typ) {
		return nil, "", disbelieve(reasonType, "it calls itself %.100v", said)
	}
	return signed, header.Algorithm, nil
}

// typed keeps tokens made for something else out, whatever they claim (RFC 8725, 3.11).
func typed(said any, typ string) bool {
	s, _ := said.(string)
	s = strings.TrimPrefix(strings.ToLower(s), "application/")
	return s == "jwt" || s == typ
}

// signature returns the payload and the keys that it verifies with. A key that is not known may be new, so the provider is asked
// again, as often as the shelf allows.
func (c *Client) signature(ctx context.Context, m Metadata, signed *jose.JSONWebSignature, alg string) ([]byte, keys, error) {
	all, err := c.keys.get(ctx, m.JWKSURI, m.JWKSURI, readKeys)
	if err != nil {
		return nil, nil, err
	}
	id := signed.Signatures[0].Header.KeyID
	found := all.called(id, alg)
	if len(found) == 0 {
		if all, err = c.keys.again(ctx, m.JWKSURI, m.JWKSURI, readKeys); err != nil {
			return nil, nil, err
		}
		found = all.called(id, alg)
	}
	if len(found) == 0 {
		return nil, nil, disbelieve(reasonKey, "it has no key %.100q for %s", id, alg)
	}
	return found.verify(signed)
}

// verify returns all keys that made the signature: Entra lists one key under several issuers.
func (all keys) verify(signed *jose.JSONWebSignature) (payload []byte, made keys, err error) {
	for _, k := range all {
		if p, err := signed.Verify(k.public); err == nil {
			payload, made = p, append(made, k)
		}
	}
	if made == nil {
		return nil, nil, disbelieve(reasonSignature, "no key of that name made it")
	}
	return payload, made, nil
}

// issued compares the issuer, letter by letter, and for Entra also ties token, directory and key to each other: all directories
// of the world sign with the same keys (gauntlet G02). A logout token has no tid, so the issuer alone names its directory.
func (r Relying) issued(c claims, m Metadata, signers keys, typ string) error {
	iss := c.text("iss")
	if !r.Entra {
		if iss == "" || iss != m.Issuer {
			return disbelieve(reasonIssuer, "it was issued by %.200q", iss)
		}
		return nil
	}
	tid := c.text("tid")
	if typ == logoutType && !c.has("tid") {
		tid = directoryOf(iss)
	}
	if !directory.MatchString(tid) || iss != inDirectory(m.Issuer, tid) || !strings.Contains(iss, "/"+tid+"/") {
		return disbelieve(reasonIssuer, "it was issued by %.200q for the directory %.100q", iss, tid)
	}
	if !slices.ContainsFunc(signers, func(k key) bool { return k.signsFor(iss, tid, m.Issuer) }) {
		return disbelieve(reasonKeyIssuer, "its key does not sign for %s", iss)
	}
	return nil
}

// signsFor says whether a key is of the token's issuer. Where the document is about one directory only, keys need not say so.
func (k key) signsFor(iss, tid, document string) bool {
	if k.issuer == "" {
		return !strings.Contains(document, tenantTemplate)
	}
	return inDirectory(k.issuer, tid) == iss
}

// directoryOf is the part of an issuer of Entra before its version, whatever that is.
func directoryOf(iss string) string {
	before, _ := strings.CutSuffix(iss, "/v2.0")
	return before[strings.LastIndex(before, "/")+1:]
}

func inDirectory(template, tid string) string {
	return strings.ReplaceAll(template, tenantTemplate, tid)
}

// names says whether iss can be what the document calls its issuer.
func (m Metadata) names(iss string) bool {
	head, tail, template := strings.Cut(m.Issuer, tenantTemplate)
	if !template {
		return iss == m.Issuer
	}
	tid, ok := strings.CutPrefix(iss, head)
	tid, fits := strings.CutSuffix(tid, tail)
	return ok && fits && directory.MatchString(tid)
}

// addressed says whether the token was made for us and for nobody beside us without our knowledge.
func (r Relying) addressed(c claims) error {
	to := c.texts("aud")
	if !slices.Contains(to, r.ClientID) {
		return disbelieve(reasonAudience, "it is for %.200q", to)
	}
	if (len(to) > 1 || c.has("azp")) && c.text("azp") != r.ClientID {
		return disbelieve(reasonAZP, "it was given to %.200q", c.text("azp"))
	}
	return nil
}

func (c *Client) timely(cl claims) error {
	now := c.now()
	if end, ok := cl.moment("exp"); !ok || !now.Before(end.Add(skew)) {
		return disbelieve(reasonExpired, "its end is %s", end)
	}
	if made, ok := cl.moment("iat"); !ok || made.After(now.Add(skew)) {
		return disbelieve(reasonIAT, "it was made at %s", made)
	}
	if from, ok := cl.moment("nbf"); cl.has("nbf") && (!ok || from.After(now.Add(skew))) {
		return disbelieve(reasonNotBefore, "it begins at %s", from)
	}
	return nil
}

// bound says whether an ID token belongs to this sign-in, to the access token beside it, and to who answered.
func (c *Client) bound(cl claims, alg, access string, a Answer) error {
	nonce := cl.text("nonce")
	switch {
	case a.Nonce == "" || subtle.ConstantTimeCompare([]byte(nonce), []byte(a.Nonce)) != 1:
		return disbelieve(reasonNonce, "it is of another sign-in")
	case cl.has("at_hash") && cl.text("at_hash") != halfHash(alg, access):
		return disbelieve(reasonATHash, "it was not given with this access token")
	case a.Issuer != "" && a.Issuer != cl.text("iss"):
		return disbelieve(reasonMixup, "%.200q answered, and %.200q made the token", a.Issuer, cl.text("iss"))
	case cl.name("sub") == "":
		return disbelieve(reasonSubject, "it is about nobody")
	}
	return nil
}

// halfHash is at_hash (OpenID Connect Core 1.0, 3.1.3.6); Ed25519 hashes with SHA-512.
func halfHash(alg, access string) string {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384}[alg[2:]]
	if hash == 0 {
		hash = crypto.SHA512
	}
	h := hash.New()
	h.Write([]byte(access))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
