package notify_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/storage/seal"
)

func (w *world) queue(m notify.Message) (queued id.Message, err error) {
	err = w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) (err error) {
		queued, err = w.outbox.Queue(ctx, tx, m)
		return err
	})
	return queued, err
}

func (w *world) code() notify.Message {
	return notify.Message{Tenant: w.tenant, Kind: notify.CodeSent, Recipient: "a@b.test", At: now, Secret: &notify.Secret{Code: "canary"}, Expires: now.Add(time.Minute)}
}

func (w *world) take(m id.Message) (db.Message, error) {
	return w.store.Tenant(w.tenant).TryMessage(ctx, db.TryMessageParams{TenantID: w.tenant, ID: m})
}

func TestSecretIsSealedAndOpensInItsMessageOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, err := w.queue(w.code())
	two, err2 := w.queue(notify.Message{Tenant: w.tenant, Kind: notify.PasswordSet, Recipient: "a@b.test", At: now})
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	row, err := w.take(one)
	if err != nil || row.Secret == nil || bytes.Contains(row.Secret, []byte("canary")) || !row.ExpiresAt.Equal(now.Add(time.Minute)) || row.Channel != "email" {
		t.Fatalf("%+v, %v", row, err)
	}
	if secret, err := notify.Open(w.outbox.Seal, row); err != nil || secret != (notify.Secret{Code: "canary"}) {
		t.Errorf("%+v, %v", secret, err)
	}
	other, err := w.take(two)
	if secret, open := notify.Open(w.outbox.Seal, other); err != nil || open != nil || secret != (notify.Secret{}) || other.ExpiresAt != nil {
		t.Errorf("%+v, %v, %v", secret, err, open)
	}
	other.Secret = row.Secret
	if _, err := notify.Open(w.outbox.Seal, other); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("moved to another message: %v, want ErrOpen", err)
	}
}

func TestMessageQueuedTwiceIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.code()
	m.ID = id.NewMessage()
	for range 2 {
		if got, err := w.queue(m); err != nil || got != m.ID {
			t.Errorf("%v, %v", got, err)
		}
		m.Recipient, m.Expires = "c@d.test", m.Expires.Add(time.Hour)
	}
	if n := w.count("SELECT count(*) FROM messages WHERE recipient = 'a@b.test'") + w.count("SELECT count(*) FROM river_job"); n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestMessageVanishesWithItsTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("broken")
	err := w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		_, err := w.outbox.Queue(ctx, tx, w.code())
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) || w.count("SELECT count(*) FROM messages") != 0 || w.count("SELECT count(*) FROM river_job") != 0 {
		t.Errorf("%v", err)
	}
}

func TestH01MessagesStayInTheirTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.code()
	m.ID = id.NewMessage()
	other := id.NewTenant()
	err := w.store.InTenant(ctx, other, func(tx *storage.Tx) error {
		_, err := w.outbox.Queue(ctx, tx, m)
		return err
	})
	if err == nil {
		t.Error("a message was written into another tenant")
	}
	if _, err := w.queue(m); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Tenant(other).TryMessage(ctx, db.TryMessageParams{TenantID: w.tenant, ID: m.ID}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("read from another tenant: %v, want ErrNotFound", err)
	}
}

// What a page of sign-in may cost is pinned: the message travels with its commit.
func TestQueueingAsksTheDatabaseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	err := w.store.InTenant(ctx, w.tenant, func(tx *storage.Tx) error {
		before := w.store.RoundTrips()
		_, err := w.outbox.Queue(ctx, tx, w.code())
		if got := w.store.RoundTrips() - before; got != 0 {
			t.Errorf("%d round trips before the commit", got)
		}
		return err
	})
	if err != nil || w.count("SELECT count(*) FROM messages") != 1 {
		t.Error(err)
	}
}

func TestErrorsOfQueueingKeepTheSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.code()
	m.Data = func() {}
	if _, err := w.queue(m); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}
