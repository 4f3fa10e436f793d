package session_test

import (
	"context"
	"testing"

	"sallyport/provider/session"
)

func TestTheContextCarriesTheSessionOfTheGuard(t *testing.T) {
	t.Parallel()
	s := &session.Session{Email: "kari@acme.example"}
	if got := session.From(session.With(context.Background(), s)); got != s {
		t.Errorf("got %+v", got)
	}
}

func TestARouteWithoutItsGuardPanics(t *testing.T) {
	t.Parallel()
	for _, ctx := range []context.Context{context.Background(), session.With(context.Background(), nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("a handler went on without a session")
				}
			}()
			session.From(ctx)
		}()
	}
}
