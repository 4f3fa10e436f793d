package domain_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"sallyport/provider/domain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestEachDomainHasAChallengeOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	globex, seen := w.another("globex"), map[string]bool{}
	for _, d := range []domain.Domain{w.add(w.tenant, "acme.example"), w.add(w.tenant, "mail.acme.example"), w.add(globex, "acme.example")} {
		host, value := domain.Record(d.Name, d.Challenge)
		if !regexp.MustCompile(`^sallyport-domain-verification=[a-z2-7]{32}$`).MatchString(value) || host != "_sallyport-challenge."+d.Name || seen[value] {
			t.Errorf("%s %s", host, value)
		}
		seen[value] = true
	}
	// A challenge that was known to whoever had the domain before is worth nothing.
	before := w.stored(w.tenant, "acme.example")
	w.must(domain.Remove(ctx, w.store, w.tenant, "acme.example", audit.Operator, audit.Origin{}, start))
	if w.add(w.tenant, "acme.example").Challenge == before.Challenge {
		t.Error("a removed domain came back with its challenge")
	}
}

func TestDomainIsAddedOnceInAnySpelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.add(w.tenant, "ACME.Example.")
	if d.Name != "acme.example" || d.Proven != nil || d.Checked != nil || w.holds(w.tenant, "acme.example") {
		t.Errorf("%+v", d)
	}
	if _, err := domain.Add(ctx, w.store, w.tenant, "acme.example", audit.Operator, audit.Origin{}, start); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := domain.Add(ctx, w.store, w.tenant, "com", audit.Operator, audit.Origin{}, start); !errors.Is(err, domain.ErrName) {
		t.Errorf("a top-level domain: %v", err)
	}
	if w.stored(w.tenant, "acme.example").Challenge != d.Challenge || w.events(audit.DomainAdded, "acme.example", "operator") != 1 {
		t.Error("not as it was added")
	}
}

func TestR17RemovingADomainEndsItsRightsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.proven(w.tenant, "acme.example")
	if !w.holds(w.tenant, "acme.example") {
		t.Fatal("not proven")
	}
	w.must(domain.Remove(ctx, w.store, w.tenant, "Acme.Example", audit.Operator, audit.Origin{}, start))
	if all, err := domain.List(ctx, w.store, w.tenant); err != nil || len(all) != 0 || w.holds(w.tenant, "acme.example") {
		t.Errorf("%+v, %v", all, err)
	}
	if w.events(audit.DomainRemoved, "acme.example", "operator") != 1 {
		t.Error("not on record")
	}
	if err := domain.Remove(ctx, w.store, w.tenant, "acme.example", audit.Operator, audit.Origin{}, start); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
}

// H01: what is another tenant's is not there.
func TestH01DomainsOfOthersAreOutOfReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	globex := w.another("globex")
	w.proven(w.tenant, "acme.example")
	ours, theirs := w.connection(globex), w.connection(w.tenant)
	_, looked := w.check(globex, "acme.example")
	for what, err := range map[string]error{
		"check":   looked,
		"remove":  domain.Remove(ctx, w.store, globex, "acme.example", audit.Operator, audit.Origin{}, start),
		"connect": domain.Connect(ctx, w.store, globex, "acme.example", &ours, audit.Operator, audit.Origin{}, start),
		"theirs":  domain.Connect(ctx, w.store, globex, "acme.example", &theirs, audit.Operator, audit.Origin{}, start),
	} {
		if !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if w.holds(globex, "acme.example") || !w.holds(w.tenant, "acme.example") || w.events(audit.DomainRemoved, "acme.example", "operator") != 0 {
		t.Error("something changed")
	}
}

func TestG02HomeIsAConnectionOfTheTenantOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.tenant, "acme.example")
	own, foreign, none := w.connection(w.tenant), w.connection(w.another("globex")), id.NewConnection()
	for _, row := range []struct {
		to   *id.Connection
		want error
	}{{&own, nil}, {&foreign, storage.ErrNotFound}, {&none, storage.ErrNotFound}} {
		if err := domain.Connect(ctx, w.store, w.tenant, "acme.example", row.to, audit.Operator, audit.Origin{}, start); !errors.Is(err, row.want) {
			t.Errorf("%v: %v, want %v", row.to, err, row.want)
		}
		if got := w.stored(w.tenant, "acme.example").Connection; got == nil || *got != own {
			t.Errorf("home is %v", got)
		}
	}
	w.must(domain.Connect(ctx, w.store, w.tenant, "acme.example", nil, audit.Operator, audit.Origin{}, start))
	if got := w.stored(w.tenant, "acme.example").Connection; got != nil {
		t.Errorf("home is %v", got)
	}
	if n := w.events(audit.DomainConnected, "acme.example", "operator"); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestMisspeltNamesAreRefusedEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, looked := w.check(w.tenant, "acme")
	for what, err := range map[string]error{"check": looked,
		"remove":  domain.Remove(ctx, w.store, w.tenant, strings.Repeat("a", 300), audit.Operator, audit.Origin{}, start),
		"connect": domain.Connect(ctx, w.store, w.tenant, "ac me.example", nil, audit.Operator, audit.Origin{}, start)} {
		if !errors.Is(err, domain.ErrName) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
