package id_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"sallyport/storage/id"
)

func TestIdentifierHasOneSpelling(t *testing.T) {
	t.Parallel()
	want := id.NewUser()
	var got id.User
	if err := got.Parse(want.String()); err != nil || got != want {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	s := want.String()
	for _, other := range []string{"", strings.ToUpper(s), "{" + s + "}", "urn:uuid:" + s, strings.ReplaceAll(s, "-", ""), s + " ", s[:35], s + "0", "g" + s[1:]} {
		var u id.User
		if err := u.Parse(other); !errors.Is(err, id.ErrMalformed) || !u.IsZero() {
			t.Errorf("%q: %v, %v", other, u, err)
		}
	}
}

func TestIdentifiersAreUniqueAndInOrder(t *testing.T) {
	t.Parallel()
	last := id.NewEvent()
	for range 1000 {
		next := id.NewEvent()
		if next.String() <= last.String() {
			t.Fatalf("%v after %v", next, last)
		}
		last = next
	}
}

func TestZeroIsTheLobby(t *testing.T) {
	t.Parallel()
	if !id.Lobby.IsZero() || id.NewTenant().IsZero() {
		t.Error("the lobby is the zero tenant, and no other is")
	}
	b, err := json.Marshal(struct {
		F id.Factor `json:"f,omitzero"`
	}{})
	if err != nil || string(b) != "{}" {
		t.Errorf("%s, %v", b, err)
	}
}
