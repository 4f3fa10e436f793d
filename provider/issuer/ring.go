package issuer

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/storage"
	"sallyport/storage/seal"
)

// published is how long a retired key stays in the JWKS.
const published = 48 * time.Hour

// kind is the typ of a token: what one is for, another is not accepted as (RFC 8725 3.11).
type kind string

const (
	idKind     kind = "JWT"
	accessKind kind = "at+jwt"
)

// keyring keeps the ring of now, replaced whole when keys change.
type keyring struct {
	store *storage.Store
	seal  *seal.Sealer
	now   func() time.Time
	ring  atomic.Pointer[ring]
}

// ring is all keys as they stood when they were read.
type ring struct {
	signers map[slot]jose.Signer
	// headers holds the exact protected header of every token we could have signed. A token is looked up by
	// it, so nothing that an attacker writes into a header is ever interpreted (gauntlet E05).
	headers map[string]verifier
	keys    []key
	jwks    document
	// until is when a retired key leaves the JWKS; zero when none will.
	until time.Time
}

type slot struct {
	alg  jose.SignatureAlgorithm
	kind kind
}

type verifier struct {
	slot
	key key
}

func (k *keyring) load(ctx context.Context) error {
	rows, err := k.store.AllTenants().ListSigningKeys(ctx)
	if err != nil {
		return err
	}
	keys := make([]key, len(rows))
	for i, row := range rows {
		if keys[i], err = open(k.seal, row); err != nil {
			return err
		}
	}
	r, err := newRing(keys, k.now())
	if err != nil {
		return err
	}
	k.ring.Store(r)
	return nil
}

// changed keeps the old keys when the new ones cannot be read: the listener says "" once the database is back.
func (k *keyring) changed() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = k.load(ctx)
}

func newRing(keys []key, now time.Time) (*ring, error) {
	r := &ring{signers: map[slot]jose.Signer{}, headers: map[string]verifier{}, keys: keys}
	for _, k := range keys {
		for _, kind := range []kind{idKind, accessKind} {
			if err := r.add(k, slot{k.alg, kind}); err != nil {
				return nil, err
			}
		}
	}
	r.publish(now)
	return r, nil
}

func (r *ring) add(k key, s slot) error {
	header, err := json.Marshal(struct {
		Alg string `json:"alg"`
		Kid string `json:"kid"`
		Typ string `json:"typ"`
	}{string(s.alg), k.id, string(s.kind)})
	if err != nil {
		return fmt.Errorf("encode header: %w", err)
	}
	r.headers[base64.RawURLEncoding.EncodeToString(header)] = verifier{s, k}
	if k.state != active {
		return nil
	}
	r.signers[s], err = jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(s.kind)))
	if err != nil {
		return fmt.Errorf("make signer: %w", err)
	}
	return nil
}

// publish writes the JWKS: public parts only, and each key as long as a token signed with it may live.
func (r *ring) publish(now time.Time) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range r.keys {
		end := k.since.Add(published)
		if k.state == retired && !now.Before(end) {
			continue
		}
		if k.state == retired && (r.until.IsZero() || end.Before(r.until)) {
			r.until = end
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private.Public(), KeyID: k.id, Algorithm: string(k.alg), Use: "sig"})
	}
	r.jwks = newDocument(set)
}

// current is the ring of now; it writes a new JWKS when a key's time has passed, without asking the database.
func (k *keyring) current() *ring {
	r := k.ring.Load()
	if now := k.now(); !r.until.IsZero() && !now.Before(r.until) {
		fresh := *r
		fresh.until = time.Time{}
		fresh.publish(now)
		k.ring.CompareAndSwap(r, &fresh)
		return &fresh
	}
	return r
}

func (i *Issuer) jwks(w http.ResponseWriter, r *http.Request) error {
	return i.keys.current().jwks.serve(w, r)
}
