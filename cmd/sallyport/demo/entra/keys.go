package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// keys sign for organisations and for personal accounts; each says by its issuer for whom, so that the key of one kind is
// worth nothing for the other.
type keys struct{ work, personal jose.JSONWebKey }

func newKeys() (k keys, err error) {
	for _, one := range []*jose.JSONWebKey{&k.work, &k.personal} {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return keys{}, fmt.Errorf("make keys of the simulated Entra: %w", err)
		}
		*one = jose.JSONWebKey{Key: private, KeyID: rand.Text(), Algorithm: string(jose.RS256), Use: "sig"}
	}
	return k, nil
}

func (k keys) of(tenant string) jose.JSONWebKey {
	if tenant == Consumers {
		return k.personal
	}
	return k.work
}

func (p *provider) jwks(w http.ResponseWriter, _ *http.Request, a authority) {
	var listed []map[string]any
	personal := false
	for _, d := range a.directories {
		personal = personal || d.ID == Consumers
	}
	if a.tenant() != Consumers {
		listed = append(listed, public(p.keys.work, Issuer(p.Self, a.tenant())))
	}
	if personal {
		listed = append(listed, public(p.keys.personal, Issuer(p.Self, Consumers)))
	}
	reply(w, http.StatusOK, map[string]any{"keys": listed})
}

// public is a key as it is published. Entra, too, adds the member issuer, which no standard knows.
func public(k jose.JSONWebKey, issuer string) map[string]any {
	members := map[string]any{}
	b, err := k.Public().MarshalJSON()
	if err == nil {
		err = json.Unmarshal(b, &members)
	}
	if err != nil {
		panic("entra: a key of our own does not read back: " + err.Error())
	}
	members["issuer"] = issuer
	return members
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error means that whoever asked has gone
}
