package console_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"sallyport/provider/domain"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

func named(name string, more ...string) string {
	f := url.Values{"name": {name}}
	for i := 0; i+1 < len(more); i += 2 {
		f.Set(more[i], more[i+1])
	}
	return f.Encode()
}

func (w *world) domain(t id.Tenant, name string) domain.Domain {
	w.t.Helper()
	all, err := domain.List(context.Background(), w.store, t)
	w.must(err)
	for _, d := range all {
		if d.Name == name {
			return d
		}
	}
	w.t.Fatalf("no domain %s", name)
	return domain.Domain{}
}

func TestADomainIsAddedProvenConnectedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme")
	kari, f := w.signIn(acme, "kari@acme.example", "admin"), w.connection(acme, "Acme Login")
	wantText(t, w.do(kari, http.MethodGet, "/admin/domains", ""), "There are no domains yet.")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains", named("Acme.Example")), http.StatusSeeOther)
	d := w.domain(acme, "acme.example")
	host, record := domain.Record(d.Name, d.Challenge)
	wantText(t, w.do(kari, http.MethodGet, "/admin/domains?notice=added", ""), "The domain has been added.", host, record, "Not proven yet")
	for text, says := range map[string]string{"": "The DNS could not be asked.", "something else": "The record was not found."} {
		w.records.Store(host+".", text)
		got := w.do(kari, http.MethodPost, "/admin/domains/check", named("acme.example"))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, says)
	}
	w.records.Store(host+".", record)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains/check", named("acme.example")), http.StatusSeeOther)
	wantText(t, w.do(kari, http.MethodGet, "/admin/domains?notice=proven", ""), "The domain is proven to be yours.", ">Proven<")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains/connect", named("acme.example", "connection", f.ID.String())), http.StatusSeeOther)
	if got := w.domain(acme, "acme.example").Connection; got == nil || *got != f.ID {
		t.Errorf("connected to %v", got)
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains/connect", named("acme.example", "connection", "")), http.StatusSeeOther)
	if got := w.domain(acme, "acme.example").Connection; got != nil {
		t.Errorf("still connected to %v", got)
	}
	wantText(t, w.do(kari, http.MethodGet, "/admin/domains/remove?name=acme.example", ""), "Remove acme.example?")
	w.domain(acme, "acme.example")
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains/remove", named("acme.example")), http.StatusSeeOther)
	wantText(t, w.do(kari, http.MethodGet, "/admin/domains?notice=removed", ""), "There are no domains yet.", "The domain has been removed.")
}

func TestWhatIsNoDomainOrNobodysIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.tenant("acme"), w.tenant("globex")
	kari, theirs := w.signIn(acme, "kari@acme.example", "admin"), w.connection(globex, "Theirs")
	for _, bad := range []string{"", "com", "kari@acme.example", "blåbær.example", "10.0.0.1"} {
		got := w.do(kari, http.MethodPost, "/admin/domains", named(bad))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, "That is not the name of a domain", `aria-invalid="true"`, bad)
	}
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains", named("acme.example")), http.StatusSeeOther)
	wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains", named("acme.example")), http.StatusConflict)
	_, err := domain.Add(context.Background(), w.store, globex, "globex.example", audit.Operator, audit.Origin{}, w.now)
	w.must(err)
	for path, body := range map[string]string{"check": named("globex.example"), "remove": named("globex.example"), "connect": named("acme.example", "connection", theirs.ID.String())} {
		wantStatus(t, w.do(kari, http.MethodPost, "/admin/domains/"+path, body), http.StatusNotFound)
	}
	wantStatus(t, w.do(kari, http.MethodGet, "/admin/domains/remove?name=globex.example", ""), http.StatusNotFound)
	w.domain(globex, "globex.example")
}
