package domain_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"sallyport/provider/domain"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func TestR17RecordProvesADomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.add(w.tenant, "acme.example")
	if seen, err := w.check(w.tenant, "acme.example"); !errors.Is(err, domain.ErrAbsent) || seen.Proven != nil || seen.Absent != nil || !seen.Checked.Equal(start) {
		t.Errorf("before: %+v, %v", seen, err)
	}
	w.publish(d)
	w.pass(time.Minute)
	seen, err := w.check(w.tenant, "ACME.example.")
	if err != nil || !seen.Proven.Equal(w.clock()) || !seen.Checked.Equal(w.clock()) || !w.holds(w.tenant, "acme.example") {
		t.Errorf("after: %+v, %v", seen, err)
	}
	if w.holds(w.tenant, "mail.acme.example") || w.holds(w.tenant, "notacme.example") {
		t.Error("other domains are proven with it")
	}
	w.pass(time.Minute)
	if again, err := w.check(w.tenant, "acme.example"); err != nil || !again.Proven.Equal(*seen.Proven) || w.events(audit.DomainProven, "acme.example", "operator") != 1 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

func TestRecordIsFoundAmongOthers(t *testing.T) {
	t.Parallel()
	for name, records := range map[string]func(value string) [][]string{
		"beside others":        func(v string) [][]string { return [][]string{{"v=spf1 -all"}, {v}, {"google-site-verification=x"}} },
		"in pieces":            func(v string) [][]string { return [][]string{{v[:10], v[10:40], v[40:]}} },
		"with space around":    func(v string) [][]string { return [][]string{{" " + v + " "}} },
		"among too many (TCP)": func(v string) [][]string { return append(crowd(), []string{v}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := w.add(w.tenant, "acme.example")
			host, value := domain.Record(d.Name, d.Challenge)
			w.zone.publish(host, records(value)...)
			if _, err := w.check(w.tenant, "acme.example"); err != nil {
				t.Error(err)
			}
			if asked, over := w.zone.counts(); len(asked) != 1 || strings.Contains(name, "TCP") != (over["tcp"] > 0) {
				t.Errorf("asked for %v over %v", asked, over)
			}
		})
	}
}

func crowd() (all [][]string) {
	for range 20 {
		all = append(all, []string{strings.Repeat("x", 200)})
	}
	return all
}

// What stands at the name but is not the record proves nothing.
func TestR17NothingElseProvesADomain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d, globex := w.add(w.tenant, "acme.example"), w.add(w.another("globex"), "acme.example")
	host, value := domain.Record(d.Name, d.Challenge)
	_, foreign := domain.Record(globex.Name, globex.Challenge)
	at := func(kind uint16, rr dns.RR) func(dns.Question) (int, []dns.RR) {
		return func(q dns.Question) (int, []dns.RR) {
			*rr.Header() = header(q.Name, kind)
			return dns.RcodeSuccess, []dns.RR{rr}
		}
	}
	for name, put := range map[string]func(){
		"no such name":           func() { w.zone.nothing(dns.RcodeNameError) },
		"no such record":         func() { w.zone.nothing(dns.RcodeSuccess) },
		"another tenant's":       func() { w.zone.publish(host, []string{foreign}) },
		"the challenge alone":    func() { w.zone.publish(host, []string{d.Challenge}) },
		"more behind it":         func() { w.zone.publish(host, []string{value + "x"}) },
		"cut off":                func() { w.zone.publish(host, []string{value[:len(value)-1]}) },
		"in capitals":            func() { w.zone.publish(host, []string{strings.ToUpper(value)}) },
		"in two records":         func() { w.zone.publish(host, []string{value[:20]}, []string{value[20:]}) },
		"at the domain itself":   func() { w.zone.publish("acme.example", []string{value}) },
		"at a domain above":      func() { w.zone.publish("_sallyport-challenge.example", []string{value}) },
		"in a record of hosts":   func() { w.zone.set(at(dns.TypeHINFO, &dns.HINFO{Cpu: value, Os: value})) },
		"behind an alias, alone": func() { w.zone.set(at(dns.TypeCNAME, &dns.CNAME{Target: "elsewhere.example."})) },
	} {
		put()
		if seen, err := w.check(w.tenant, "acme.example"); !errors.Is(err, domain.ErrAbsent) || seen.Proven != nil {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
	}
	if w.holds(w.tenant, "acme.example") {
		t.Error("proven")
	}
}

// The record may be kept elsewhere: whoever runs the domain says so.
func TestAliasOfTheRecordIsFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.add(w.tenant, "acme.example")
	_, value := domain.Record(d.Name, d.Challenge)
	w.zone.set(func(q dns.Question) (int, []dns.RR) {
		return dns.RcodeSuccess, []dns.RR{&dns.CNAME{Hdr: header(q.Name, dns.TypeCNAME), Target: "proofs.example."},
			&dns.TXT{Hdr: header("proofs.example.", dns.TypeTXT), Txt: []string{value}}}
	})
	if _, err := w.check(w.tenant, "acme.example"); err != nil {
		t.Error(err)
	}
}

func TestDNSThatFailsChangesNothing(t *testing.T) {
	t.Parallel()
	for name, rcode := range map[string]int{"SERVFAIL": dns.RcodeServerFailure, "REFUSED": dns.RcodeRefused, "silence": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			before := w.proven(w.tenant, "acme.example")
			w.zone.nothing(rcode)
			w.pass(1000 * time.Hour)
			seen, err := w.check(w.tenant, "acme.example")
			if !errors.Is(err, domain.ErrUnreachable) || errors.Is(err, domain.ErrAbsent) {
				t.Errorf("%v", err)
			}
			for _, d := range []domain.Domain{seen, w.stored(w.tenant, "acme.example")} {
				if !d.Proven.Equal(*before.Proven) || d.Absent != nil || !d.Checked.Equal(*before.Checked) {
					t.Errorf("%+v", d)
				}
			}
		})
	}
}

func TestH02ADomainHasOneOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	globex := w.another("globex")
	ours := w.proven(w.tenant, "acme.example")
	theirs := w.add(globex, "acme.example")
	w.bothPublish(ours, theirs)
	if seen, err := w.check(globex, "acme.example"); !errors.Is(err, domain.ErrTaken) || seen.Proven != nil || w.holds(globex, "acme.example") {
		t.Errorf("%+v, %v", seen, err)
	}
	w.must(domain.Remove(ctx, w.store, w.tenant, "acme.example", audit.Operator, audit.Origin{}, start))
	if _, err := w.check(globex, "acme.example"); err != nil || !w.holds(globex, "acme.example") {
		t.Errorf("once it is free: %v", err)
	}
}

func (w *world) bothPublish(all ...domain.Domain) {
	var records [][]string
	for _, d := range all {
		_, value := domain.Record(d.Name, d.Challenge)
		records = append(records, []string{value})
	}
	w.zone.publish("_sallyport-challenge."+all[0].Name, records...)
}

func TestH02OfTwoWhoProveADomainAtOnceOneHasIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenants := []id.Tenant{w.tenant, w.another("globex"), w.another("initech")}
	var all []domain.Domain
	for _, tenant := range tenants {
		all = append(all, w.add(tenant, "acme.example"))
	}
	w.bothPublish(all...)
	errs := make([]error, len(tenants))
	var race sync.WaitGroup
	for n, tenant := range tenants {
		race.Go(func() { _, errs[n] = w.check(tenant, "acme.example") })
	}
	race.Wait()
	var won int
	for n, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, domain.ErrTaken) {
			t.Error(err)
		}
		if w.holds(tenants[n], "acme.example") != (err == nil) {
			t.Errorf("%v, and holds it: %t", err, w.holds(tenants[n], "acme.example"))
		}
	}
	if won != 1 || w.events(audit.DomainProven, "acme.example", "operator") != 1 {
		t.Errorf("%d have it", won)
	}
}

// Whoever removes a domain while it is looked at, and adds it again, has asked for another record.
func TestLookAtARemovedDomainProvesNothing(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		w := newWorld(t)
		d := w.add(w.tenant, "acme.example")
		_, value := domain.Record(d.Name, d.Challenge)
		var once sync.Once
		w.zone.set(func(q dns.Question) (int, []dns.RR) {
			once.Do(func() {
				if err := domain.Remove(ctx, w.store, w.tenant, "acme.example", audit.Operator, audit.Origin{}, start); err != nil {
					t.Error(err)
				}
				if _, err := domain.Add(ctx, w.store, w.tenant, map[bool]string{true: "acme.example", false: "other.example"}[again], audit.Operator, audit.Origin{}, start); err != nil {
					t.Error(err)
				}
			})
			return dns.RcodeSuccess, []dns.RR{&dns.TXT{Hdr: header(q.Name, dns.TypeTXT), Txt: []string{value}}}
		})
		if _, err := w.check(w.tenant, "acme.example"); !errors.Is(err, storage.ErrNotFound) || w.holds(w.tenant, "acme.example") {
			t.Errorf("%v", err)
		}
	}
}
