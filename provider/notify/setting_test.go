package notify_test

import (
	"maps"
	"slices"
	"testing"

	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// connection makes one of the tenant, with this name.
func (w *world) connection(name string) id.Connection {
	w.t.Helper()
	c := id.NewConnection()
	err := w.store.Tenant(w.tenant).CreateConnection(ctx, db.CreateConnectionParams{TenantID: w.tenant, ID: c, Kind: "entra", Name: name, Settings: []byte("{}"), CreatedAt: now})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// on is an event of the kind on what is no person.
func (w *world) on(k audit.Kind, target, name string) db.AuditEvent {
	e := w.event(k)
	e.TargetKind, e.TargetID, e.Detail = target, name, []byte("{}")
	return e
}

func TestSettingsThatLetPeopleInAreToldToAdministratorsOnly(t *testing.T) {
	t.Parallel()
	for kind, target := range map[audit.Kind]string{audit.ConnectionCreated: "connection", audit.ConnectionChanged: "connection",
		audit.ConnectionDisabled: "connection", audit.ConnectionEnabled: "connection", audit.DomainConnected: "domain", audit.DomainLost: "domain"} {
		w := newWorld(t)
		actor := w.add("anders@acme.test", "admin")
		w.add("berit@acme.test", "admin")
		w.add("owner@acme.test", "owner")
		name, data := "acme.test", `"domain": "acme.test"`
		if target == "connection" {
			name, data = w.connection("Contoso").String(), `"connection": "Contoso"`
		}
		e := w.on(kind, target, name)
		e.ActorKind, e.ActorID = "user", actor.String()
		w.hear(e)
		w.hear(e)
		want := map[string][]string{"berit@acme.test": {string(kind) + ".report"}, "owner@acme.test": {string(kind) + ".report"}}
		if got := w.inboxes(); !maps.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %v, want %v", kind, got, want)
		}
		if n := w.count("SELECT count(*) FROM messages WHERE secret IS NULL AND data @> '{\"tenant\": \"Acme\", " + data + "}'"); n != 2 {
			t.Errorf("%s: %d reports name the setting and hold no link", kind, n)
		}
	}
}

// What nobody did is told to every administrator: the check of a domain runs by itself.
func TestLossThatNobodyCausedIsToldToAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("anders@acme.test", "admin")
	w.add("owner@acme.test", "owner")
	e := w.on(audit.DomainLost, "domain", "acme.test")
	e.ActorKind, e.ActorID = "system", ""
	w.hear(e)
	if n := w.count("SELECT count(*) FROM messages"); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestH01SettingsOfAnotherTenantAreToldToNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add("owner@acme.test", "owner")
	c := w.connection("Contoso")
	for name, change := range map[string]func(*db.AuditEvent){
		"another tenant":   func(e *db.AuditEvent) { e.TenantID = id.NewTenant() },
		"another kind":     func(e *db.AuditEvent) { e.Kind = string(audit.DomainAdded) },
		"a kind of people": func(e *db.AuditEvent) { e.Kind = string(audit.IdentityLinked) },
		"another target":   func(e *db.AuditEvent) { e.Kind, e.TargetKind = string(audit.ClientDisabled), "client" },
	} {
		e := w.on(audit.ConnectionChanged, "connection", c.String())
		change(&e)
		w.hear(e)
		if n := w.count("SELECT count(*) FROM messages") + w.count("SELECT count(*) FROM river_job"); n != 0 {
			t.Fatalf("%s: %d rows", name, n)
		}
	}
}

// The record names the connection by its identifier; a name that stands there serves where it is gone.
func TestLinkedIdentityIsToldByItsConnectionWithALinkToObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := newWorld(t)
	for _, told := range []string{w.connection("Contoso").String(), "Fabrikam", other.connection("Northwind").String(), ""} {
		e := w.event(audit.IdentityLinked)
		e.Detail = []byte(`{"connection": "` + told + `"}`)
		w.hear(e)
	}
	for _, is := range []string{"= 'Contoso'", "= 'Fabrikam'"} {
		if n := w.count("SELECT count(*) FROM messages WHERE secret IS NOT NULL AND data->>'connection' " + is); n != 1 {
			t.Errorf("%d mails about one that is %s", n, is)
		}
	}
	if n := w.count("SELECT count(*) FROM messages WHERE kind = 'identity.linked' AND secret IS NOT NULL"); n != 4 {
		t.Errorf("%d mails with a link to object", n)
	}
	if n := w.count("SELECT count(*) FROM messages WHERE data::text LIKE '%Northwind%'"); n != 0 {
		t.Error("the name of another tenant's connection is told")
	}
}
