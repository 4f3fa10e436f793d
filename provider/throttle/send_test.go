package throttle_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"sallyport/provider/throttle"
	"sallyport/storage"
	"sallyport/storage/id"
	"sallyport/storage/purge"
)

// send is one message: nil when it may be sent.
func (w *world) send(caps ...throttle.Cap) *throttle.Refused {
	w.t.Helper()
	err := throttle.Send(ctx, w.store, w.tenant, w.now, caps...)
	var refused *throttle.Refused
	if err != nil && (!errors.As(err, &refused) || !errors.Is(err, throttle.ErrTooMany) || refused.RetryAfter() <= 0) {
		w.t.Fatal(err)
	}
	return refused
}

// many sends until a cap refuses, and says how many went and what refused.
func (w *world) many(caps func(n int) []throttle.Cap) (sent int, by *throttle.Refused) {
	w.t.Helper()
	for sent < 30_000 {
		if by = w.send(caps(sent)...); by != nil {
			return sent, by
		}
		sent++
	}
	w.t.Fatal("messages never end")
	return 0, nil
}

func mail(address string) func(int) []throttle.Cap {
	return func(int) []throttle.Cap { return []throttle.Cap{throttle.Mail(address)} }
}

// J06: three hundred triggers from as many tenants, with every spelling that the mailbox has.
func TestJ06MailboxGetsTenMailsAnHourFromAllTenantsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent := 0
	for i := range 300 {
		w.tenant = id.NewTenant()
		address := []string{"kari@acme.test", "Kari@ACME.test", "kari+" + fmt.Sprint(i) + "@acme.test"}[i%3]
		if w.send(throttle.Mail(address)) == nil {
			sent++
		}
	}
	if sent != 10 {
		t.Errorf("%d mails to one mailbox", sent)
	}
	if w.send(throttle.Mail("ola@acme.test")) != nil || w.send(throttle.Mail("+1@acme.test")) != nil || w.send(throttle.Mail("+2@acme.test")) != nil {
		t.Error("another mailbox is capped")
	}
	if w.send(throttle.Notice("kari@acme.test")) != nil {
		t.Error("whoever floods a mailbox keeps the warning from it")
	}
}

func TestCapOpensWhenItsHourIsOverAndNotBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sent, by := w.many(mail("kari@acme.test"))
	if sent != 10 || by.RetryAfter() != time.Hour || by.What == "" || by.Spent {
		t.Fatalf("%d sent, refused with %+v", sent, by)
	}
	for range 100 {
		w.now = w.now.Add(35 * time.Second)
		if w.send(throttle.Mail("kari@acme.test")) == nil {
			t.Fatalf("sent %v after the last one", w.now.Sub(start))
		}
	}
	w.now = start.Add(time.Hour + time.Second)
	if sent, _ := w.many(mail("kari@acme.test")); sent != 10 {
		t.Errorf("%d in the next hour", sent)
	}
}

func TestCapsSurvivePurgeAndSuccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := id.NewUser()
	texts := func(int) []throttle.Cap { return throttle.Text(u, "+4790000001") }
	w.many(texts)
	w.many(mail("kari@acme.test"))
	w.now = w.now.Add(59 * time.Minute)
	if _, err := purge.Run(ctx, w.store, w.now); err != nil {
		t.Fatal(err)
	}
	w.forget(throttle.Password("kari@acme.test"))
	if w.send(throttle.Mail("kari@acme.test")) == nil || w.send(texts(0)...) == nil {
		t.Error("a cap was forgotten")
	}
}

// J05: whatever a thief varies, one of the caps holds; who is told by What.
func TestJ05TextsAreCappedByPersonNumberBlockAndTenant(t *testing.T) {
	t.Parallel()
	same := id.NewUser()
	for what, row := range map[string]struct {
		most int
		caps func(n int) []throttle.Cap
	}{
		"texts of the person":  {10, func(n int) []throttle.Cap { return throttle.Text(same, fmt.Sprintf("+47900%05d", n*1000)) }},
		"texts to the number":  {20, func(int) []throttle.Cap { return throttle.Text(id.NewUser(), "+4790000001") }},
		throttle.TextsToPrefix: {200, func(n int) []throttle.Cap { return throttle.Text(id.NewUser(), fmt.Sprintf("+4790000%03d", n)) }},
		throttle.TextsOfTenant: {2000, func(n int) []throttle.Cap { return throttle.Text(id.NewUser(), fmt.Sprintf("+47%05d000", n)) }},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if sent, by := w.many(row.caps); sent != row.most || by.What != what {
				t.Errorf("%d sent, refused by %q", sent, by.What)
			}
		})
	}
}

func TestJ05NumbersAndBlocksAreCountedOverTenants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	texts := func(int) []throttle.Cap { w.tenant = id.NewTenant(); return throttle.Text(id.NewUser(), "+4790000001") }
	if sent, _ := w.many(texts); sent != 20 {
		t.Errorf("%d texts to one number", sent)
	}
	if w.send(throttle.Text(id.NewUser(), "+4790111001")...) != nil {
		t.Error("another number is capped")
	}
}

func TestJ05InstallationHasItsCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.database.Admin(t).Exec(ctx, `INSERT INTO throttle_counters (tenant_id, name, failures, since, updated_at)
		VALUES (lobby(), 'text:all', 19999, $1, $1)`, start); err != nil {
		t.Fatal(err)
	}
	sent, by := w.many(func(n int) []throttle.Cap {
		w.tenant = id.NewTenant()
		return throttle.Text(id.NewUser(), fmt.Sprintf("+47%05d000", n))
	})
	if sent != 1 || by.What != throttle.TextsOfAll || by.RetryAfter() != 24*time.Hour {
		t.Errorf("%d sent, refused with %+v", sent, by)
	}
}

// Otherwise one person who is refused empties what everybody shares.
func TestRefusalCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := id.NewUser()
	for range 500 {
		w.send(throttle.Text(u, "+4790000001")...)
	}
	var shared int
	if err := w.database.Admin(t).QueryRow(ctx, "SELECT max(failures) FROM throttle_counters WHERE name <> 'text:user:' || $1", u.String()).Scan(&shared); err != nil || shared != 10 {
		t.Errorf("%d counted, %v; want the 10 that were sent", shared, err)
	}
}

func TestJ07ParallelMessagesOverTwoInstancesKeepTheCap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stores := []*storage.Store{w.store, w.database.Open(t)}
	u := id.NewUser()
	var mu sync.Mutex
	var wait sync.WaitGroup
	sent := 0
	for i := range 60 {
		wait.Go(func() {
			err := throttle.Send(ctx, stores[i%2], w.tenant, w.now, throttle.Text(u, "+4790000001")...)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				sent++
			} else if !errors.Is(err, throttle.ErrTooMany) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if sent != 10 {
		t.Errorf("%d of 60 were sent", sent)
	}
}

func TestUnreachableDatabaseSendsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.store.Close()
	if err := throttle.Send(ctx, w.store, w.tenant, w.now, throttle.Mail("kari@acme.test")); !errors.Is(err, storage.ErrUnavailable) {
		t.Errorf("error %v, want ErrUnavailable", err)
	}
}
