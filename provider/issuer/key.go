package issuer

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

// The states of a signing key: published ahead of use, in use, published while tokens signed with it live.
const (
	next    = "next"
	active  = "active"
	retired = "retired"
)

// algorithms are those we sign with; the first is the default.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256}

// key is a signing key in the clear.
type key struct {
	id      string
	alg     jose.SignatureAlgorithm
	private crypto.Signer
	state   string
	since   time.Time
}

func place(kid string) seal.Place {
	return seal.Place{Tenant: id.Lobby, Table: "signing_keys", Row: kid, Column: "private_key"}
}

func generate(alg jose.SignatureAlgorithm) (crypto.Signer, error) {
	if alg == jose.RS256 {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// thumbprint is the key id: whoever has the key can compute it (RFC 7638).
func thumbprint(k crypto.PublicKey) (string, error) {
	sum, err := (&jose.JSONWebKey{Key: k}).Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), err
}

// create makes a key and stores it, its private part sealed.
func create(ctx context.Context, tx *storage.Tx, s *seal.Sealer, alg jose.SignatureAlgorithm, state string, now time.Time) error {
	private, err := generate(alg)
	if err != nil {
		return fmt.Errorf("generate %s key: %w", alg, err)
	}
	kid, err := thumbprint(private.Public())
	if err != nil {
		return fmt.Errorf("name %s key: %w", alg, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode %s key: %w", alg, err)
	}
	sealed, err := s.Seal(place(kid), der)
	if err != nil {
		return err
	}
	return tx.Later().CreateSigningKey(ctx, db.CreateSigningKeyParams{ID: kid, Alg: string(alg), State: state, PrivateKey: sealed, CreatedAt: now})
}

func open(s *seal.Sealer, row db.SigningKey) (key, error) {
	der, err := s.Open(place(row.ID), row.PrivateKey)
	if err != nil {
		return key{}, fmt.Errorf("open signing key %s: %w", row.ID, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return key{}, fmt.Errorf("parse signing key %s: %w", row.ID, err)
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return key{}, fmt.Errorf("signing key %s cannot sign", row.ID)
	}
	return key{id: row.ID, alg: jose.SignatureAlgorithm(row.Alg), private: private, state: row.State, since: row.StateAt}, nil
}

// makeKeys adds the active and next keys that are missing. Instances that start together make them once.
func makeKeys(ctx context.Context, store *storage.Store, s *seal.Sealer, now time.Time) error {
	return locked(ctx, store, func(tx *storage.Tx) error {
		rows, err := tx.Now().ListSigningKeys(ctx)
		if err != nil {
			return err
		}
		for _, alg := range algorithms {
			for _, state := range []string{active, next} {
				if slices.ContainsFunc(rows, func(r db.SigningKey) bool { return r.Alg == string(alg) && r.State == state }) {
					continue
				}
				if err := create(ctx, tx, s, alg, state, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// RotateKeys puts the next keys into use, retires the active ones and makes new next ones. Retired keys
// stay published for two days, longer than any token signed with them lives. Errors are of storage and seal.
func RotateKeys(ctx context.Context, store *storage.Store, s *seal.Sealer, now time.Time, by audit.Actor) error {
	err := locked(ctx, store, func(tx *storage.Tx) error {
		for _, alg := range algorithms {
			if err := errors.Join(
				tx.Later().RetireActiveKey(ctx, db.RetireActiveKeyParams{Alg: string(alg), Now: now}),
				tx.Later().ActivateNextKey(ctx, db.ActivateNextKeyParams{Alg: string(alg), Now: now}),
				create(ctx, tx, s, alg, next, now),
			); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, id.Lobby, audit.Event{Kind: audit.SigningKeyRotated, At: now, Actor: by})
	})
	if err != nil {
		return fmt.Errorf("rotate signing keys: %w", err)
	}
	return nil
}

func locked(ctx context.Context, store *storage.Store, fn func(*storage.Tx) error) error {
	return store.InTenant(ctx, id.Lobby, func(tx *storage.Tx) error {
		if err := tx.Later().LockSigningKeys(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}
