package issuer_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/provider/client"
	"sallyport/provider/issuer"
	"sallyport/storage/audit"
)

func part(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forgeries are ID tokens with the claims of a true one, under headers and signatures of an attacker (gauntlet E05).
func (w *world) forgeries(good string) map[string]string {
	w.t.Helper()
	parts := strings.Split(good, ".")
	kid := w.kid(good)
	set := w.jwks()
	public := set.Key(kid)[0]
	der := must(x509.MarshalPKIXPublicKey(public.Key))
	stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	out := map[string]string{
		"no signature":           parts[0] + "." + parts[1] + ".",
		"alg none":               part(`{"alg":"none","kid":"`+kid+`","typ":"JWT"}`) + "." + parts[1] + ".",
		"alg None":               part(`{"alg":"None"}`) + "." + parts[1] + ".",
		"HS256 by PEM":           hs256(`{"alg":"HS256","kid":"`+kid+`","typ":"JWT"}`, parts[1], pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256 by JWK":           hs256(`{"alg":"HS256","kid":"`+kid+`","typ":"JWT"}`, parts[1], must(json.Marshal(public))),
		"HS256 by DER":           hs256(`{"alg":"HS256","kid":"`+kid+`","typ":"JWT"}`, parts[1], der),
		"other payload":          parts[0] + "." + part(`{"iss":"`+w.public.String()+`","aud":"web","sub":"x"}`) + "." + parts[2],
		"header in other order":  part(`{"typ":"JWT","alg":"ES256","kid":"`+kid+`"}`) + "." + parts[1] + "." + parts[2],
		"duplicate header":       part(`{"alg":"none","alg":"ES256","kid":"`+kid+`","typ":"JWT"}`) + "." + parts[1] + "." + parts[2],
		"JSON serialisation":     `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"},{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"two signatures":         good + "." + parts[2],
		"a line break":           parts[0] + "." + parts[1] + "\n." + parts[2],
		"padding":                good + "==",
		"truncated":              good[:len(good)-1],
		"extended":               good + "A",
		"very long":              good + strings.Repeat("A", 8<<10),
		"five parts":             "a.b.c.d.e",
		"nothing but separators": "..",
	}
	for name, header := range map[string]map[jose.HeaderKey]any{
		"embedded jwk": {"jwk": jose.JSONWebKey{Key: stranger.Public()}, "kid": kid}, "jku": {"jku": w.public.String() + "/evil", "kid": kid},
		"x5u": {"x5u": w.public.String() + "/evil", "kid": kid}, "kid as path": {"kid": "../../dev/null"}, "kid as SQL": {"kid": "' OR '1'='1"},
		"crit": {"kid": kid, "crit": []string{"exp"}, "exp": 1}, "a stranger's key": {"kid": kid},
	} {
		out[name] = signedBy(stranger, header, parts[1])
	}
	return out
}

func hs256(header, payload string, key []byte) string {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(part(header) + "." + payload))
	return part(header) + "." + payload + "." + base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func signedBy(key *ecdsa.PrivateKey, header map[jose.HeaderKey]any, payload string) string {
	header["alg"], header["typ"] = "ES256", "JWT"
	input := part(string(must(json.Marshal(header)))) + "." + payload
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		panic(err)
	}
	raw := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return input + "." + base64.RawURLEncoding.EncodeToString(raw)
}

func (w *world) kid(token string) string {
	var header struct{ Kid string }
	if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])), &header); err != nil {
		w.t.Fatal(err)
	}
	return header.Kid
}

func (w *world) jwks() jose.JSONWebKeySet {
	w.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(w.browser().get("/jwks").body), &set); err != nil {
		w.t.Fatal(err)
	}
	return set
}

func TestE05NoForgedHintIsBelieved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	b := w.browser()
	good := w.obtain(b, newFlow("web"), p)
	hinted := func(hint string) url.Values {
		return b.answered(b.get(newFlow("web", "prompt", "none", "id_token_hint", hint, "scope", "openid").path()), "query")
	}
	for name, forged := range w.forgeries(good.ID) {
		if q := hinted(forged); q.Get("error") != "invalid_request" || q.Get("code") != "" {
			t.Errorf("%s: %v", name, q)
		}
	}
	w.clock.Advance(20 * time.Minute) // out of date, which a hint may be
	b2 := w.browser()
	for name, hint := range map[string]string{
		"another client's":         w.obtain(b2, newFlow("web2"), w.person(w.acme, "bob@acme.test")).ID,
		"an access token":          good.Access,
		"a refresh token":          good.Refresh,
		"an at+jwt access token":   w.jwtToken(p),
		"somebody else's database": must(foreign(t)),
	} {
		if q := hinted(hint); q.Get("error") != "invalid_request" {
			t.Errorf("%s: %v", name, q)
		}
	}
	r := b.get(newFlow("web", "prompt", "none", "id_token_hint", good.ID, "scope", "openid").path())
	if !strings.HasPrefix(r.header.Get("Location"), "/authorize/callback") {
		t.Errorf("a true hint, out of date: %d %s", r.status, r.header.Get("Location"))
	}
}

// jwtToken is a JWT access token of a client of its own.
func (w *world) jwtToken(p *person) string {
	w.t.Helper()
	if w.secrets["jwt"] == "" {
		w.register(client.New{ID: "jwt", AuthMethod: client.SecretPost, FirstParty: true, AccessTokenFormat: client.JWT})
	}
	return w.obtain(w.browser(), newFlow("jwt"), p).Access
}

// foreign is an ID token of the same form, signed by a key of somebody else.
func foreign(t *testing.T) (string, error) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	sum := must((&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256))
	return signedBy(key, map[jose.HeaderKey]any{"kid": base64.RawURLEncoding.EncodeToString(sum)}, part(`{"iss":"x","aud":"web","sub":"y"}`)), nil
}

func TestE05RequestObjectsAreRefusedAndNothingIsFetched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	fetched := make(chan string, 10)
	elsewhere := w.listen(func(path string) { fetched <- path })
	for name, value := range map[string]string{"request": part(`{"alg":"none"}`) + "." + part(`{}`) + ".", "request_uri": elsewhere, "registration": "{}"} {
		f, b := newFlow("web", name, value), w.browser()
		if q := b.answered(b.get(f.path()), "query"); q.Get("error") != name+"_not_supported" || q.Get("state") != f.state {
			t.Errorf("%s: %v", name, q)
		}
	}
	if len(fetched) > 0 {
		t.Errorf("fetched %s", <-fetched)
	}
}

func TestE10NothingButAnAccessTokenOpensUserinfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	p := w.person(w.acme, "ann@acme.test")
	b, f := w.browser(), newFlow("web")
	code := b.signIn(f, p)
	unused := w.browser().signIn(newFlow("web"), p)
	got := w.instances[0].token(w, "web", f.redemption(code))
	jwt := w.jwtToken(p)
	for _, access := range []string{got.Access, jwt} {
		if r := w.userinfo(access); r.status != http.StatusOK {
			t.Fatalf("a true token: %d %s", r.status, r.body)
		}
		for name, bad := range map[string]string{
			"truncated": access[:len(access)-1], "extended": access + "A", "padded": access + "=", "twice": access + access, "empty": "", "space": access + " x",
			"first half": access[:len(access)/2], "last bit flipped": flipped(access, len(access)-1), "middle bit flipped": flipped(access, len(access)/2),
			"prefix flipped": flipped(access, 0), "upper case": strings.ToUpper(access),
		} {
			if r := w.userinfo(bad); r.status != http.StatusUnauthorized || !strings.Contains(r.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s: %d %q", name, r.status, r.header.Get("WWW-Authenticate"))
			}
		}
	}
	for name, bad := range map[string]string{"an ID token": got.ID, "a refresh token": got.Refresh, "a code": unused, "a session's secret": b.cookie("session"), "a client's secret": w.secrets["web"],
		"a refresh token by another name": strings.Replace(got.Refresh, "spr.", "spa.", 1), "a token in another tenant": got.Access[:4] + base64.RawURLEncoding.EncodeToString(w.globex.UUID[:]) + got.Access[26:]} {
		if r := w.userinfo(bad); r.status != http.StatusUnauthorized || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %q", name, r.status, r.header.Get("WWW-Authenticate"))
		}
		if r := w.instances[0].direct(w, "/introspect", "web2", url.Values{"token": {bad}}); r.body != `{"active":false}`+"\n" {
			t.Errorf("%s at introspection: %d %s", name, r.status, r.body)
		}
	}
	w.clock.Advance(10*time.Minute + time.Second)
	for _, access := range []string{got.Access, jwt} {
		if r := w.userinfo(access); r.status != http.StatusUnauthorized {
			t.Errorf("out of date: %d", r.status)
		}
	}
}

// flipped changes the lowest bit of one character's value.
func flipped(s string, at int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := []byte(s)
	if b[at] == '.' {
		at++
	}
	b[at] = alphabet[strings.IndexByte(alphabet, b[at])^1]
	return string(b)
}

func TestKeysRotateAheadAndStayAsLongAsTheirTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	p := w.person(w.acme, "ann@acme.test")
	old := w.obtain(w.browser(), newFlow("web"), p).ID
	ahead := w.jwks()
	if len(ahead.Keys) != 4 {
		t.Fatalf("%d keys published, want two of each algorithm", len(ahead.Keys))
	}
	if err := issuer.RotateKeys(t.Context(), w.store(), w.seal, w.clock.Now(), audit.Operator); err != nil {
		t.Fatal(err)
	}
	for _, n := range w.instances {
		n.issuer.Changed("clients") // somebody else's table
	}
	if kid := w.kid(w.obtain(w.browser(), newFlow("web"), p).ID); kid != w.kid(old) {
		t.Error("keys are read again without need")
	}
	for _, n := range w.instances {
		n.issuer.Changed("signing_keys")
	}
	b := w.browser()
	fresh := w.obtain(b, newFlow("web"), p).ID
	if w.kid(fresh) == w.kid(old) || len(ahead.Key(w.kid(fresh))) != 1 {
		t.Errorf("after rotation the key is %s, published ahead were %v", w.kid(fresh), ahead)
	}
	if set := w.jwks(); len(set.Keys) != 6 || len(set.Key(w.kid(old))) != 1 {
		t.Errorf("after rotation %d keys, the retired one %d times", len(set.Keys), len(set.Key(w.kid(old))))
	}
	w.clock.Advance(48 * time.Hour)
	before := w.store().RoundTrips()
	if set := w.jwks(); len(set.Keys) != 4 || len(set.Key(w.kid(old))) != 0 || w.store().RoundTrips() != before {
		t.Errorf("two days later %d keys, the retired one %d times", len(set.Keys), len(set.Key(w.kid(old))))
	}
	if q := b.answered(b.get(newFlow("web", "prompt", "none", "id_token_hint", old).path()), "query"); q.Get("error") != "login_required" {
		t.Errorf("a hint signed by a retired key: %v", q)
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = $1", string(audit.SigningKeyRotated)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestNoPrivatePartIsPublished(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	r := w.browser().get("/jwks")
	var set struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(r.body), &set); err != nil || len(set.Keys) != 4 {
		t.Fatal(r.body, err)
	}
	for _, k := range set.Keys {
		for name := range k {
			if !strings.Contains(" kty kid use alg crv x y n e ", " "+name+" ") {
				t.Errorf("%s is published", name)
			}
		}
	}
}
