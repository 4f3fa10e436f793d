package oidcrp

import (
	"crypto/rsa"
	"encoding/json"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys    = 100
	maxKeyID   = 256
	minModulus = 2048
	maxModulus = 8192
)

// key is a provider's public key, with the issuer that it signs for where the provider says so (Entra).
type key struct {
	id, alg, issuer string
	public          any
}

type keys []key

// readKeys reads a JWK Set (RFC 7517, 5). Keys of unknown kinds are skipped, as 5 asks; a set that is too large is not read at all.
func readKeys(body []byte) (keys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := shallow(body); err != nil {
		return nil, unusable("read its keys: %w", err)
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, unusable("read its keys: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, unusable("it has %d keys", len(set.Keys))
	}
	var all keys
	for _, raw := range set.Keys {
		if k, ok := readPublic(raw); ok {
			all = append(all, k)
		}
	}
	if len(all) == 0 {
		return nil, unusable("it has no key that we can use")
	}
	return all, nil
}

// readPublic reads what verification needs and nothing else: certificates in a key are not our trust, and cost memory.
func readPublic(raw json.RawMessage) (key, bool) {
	var named struct {
		Kty, Kid, Use, Alg, Crv, N, E, X, Y, Issuer string
	}
	if json.Unmarshal(raw, &named) != nil || named.Use != "" && named.Use != "sig" || len(named.Kid) > maxKeyID {
		return key{}, false
	}
	bare, err := json.Marshal(map[string]string{"kty": named.Kty, "crv": named.Crv, "n": named.N, "e": named.E, "x": named.X, "y": named.Y})
	var parsed jose.JSONWebKey
	if err != nil || parsed.UnmarshalJSON(bare) != nil || !parsed.IsPublic() || !parsed.Valid() || !sized(parsed.Key) {
		return key{}, false
	}
	return key{id: named.Kid, alg: named.Alg, issuer: named.Issuer, public: parsed.Key}, true
}

// sized refuses keys that are too short to trust or so long that a verification costs us dearly.
func sized(public any) bool {
	k, ok := public.(*rsa.PublicKey)
	return !ok || k.N.BitLen() >= minModulus && k.N.BitLen() <= maxModulus && k.E > 2 && k.E <= 1<<31-1
}

// called are the keys that a token may mean: all of that name, or the only one where the token names none (OpenID Connect
// Core 1.0, 10.1). A key that says for which algorithm it is serves no other.
func (all keys) called(id, alg string) keys {
	if id == "" && len(all) != 1 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(all), func(k key) bool {
		return id != "" && k.id != id || k.alg != "" && k.alg != alg
	})
}
