package provider_test

import (
	"context"
	"net/url"

	"sallyport/mfa/policy"
	"sallyport/provider/domain"
	"sallyport/provider/explain"
	"sallyport/provider/federation"
	"sallyport/provider/tenant"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// upstreamStations are the pages on the way to another provider and back.
func upstreamStations() []station {
	return []station{
		{"choice of connection and account", atChoices, true},
		{"on the way to a connection", atUpstream, true},
		{"answer of a provider", atAnswer, true},
		{"test of a connection", atTested, true},
		{"settings with a connection", func(w *world) *browser { return w.settings(w.newcomer(w.up.Tenant)).get("/account") }, true},
		{"end of an identity", atIdentity, true},
	}
}

// atChoices is the first page of a browser in which somebody is signed in at the tenant.
func atChoices(w *world) *browser {
	b := w.settings(w.newcomer(w.up.Tenant))
	b.authorize(w.web, "tenant", "initech", "prompt", "select_account")
	return b.expect("identify")
}

// testing is an owner on the way to the connection to look what it says.
func (w *world) testing() *browser {
	b := w.settings(w.promote(w.newcomer(w.up.Tenant), "owner"))
	return b.post("/admin/connections/"+w.up.ID.String()+"/test", url.Values{})
}

func atUpstream(w *world) *browser {
	b := w.testing()
	return b.get("/signin/" + b.handle() + "/upstream").expect("upstream")
}

func atTested(w *world) *browser { return w.testing().follow(w.up).expect("tested") }

// atAnswer is somebody new with what the provider has just posted, before the page posts it once more.
func atAnswer(w *world) *browser {
	sub := id.NewUser().String()
	w.up.says("sub", sub, "email", sub+"@initech.test")
	b := w.browser()
	b.authorize(w.web, "tenant", "initech")
	b.expect("identify").press(w.up)
	back, form := w.up.visit(b.departs())
	return b.post(w.path(back), form)
}

func atIdentity(w *world) *browser {
	p, i := w.newcomer(w.up.Tenant), id.NewIdentity()
	if err := w.store.Tenant(p.tenant).CreateIdentity(context.Background(), db.CreateIdentityParams{TenantID: p.tenant, ID: i, UserID: p.id,
		ConnectionID: w.up.ID, Issuer: w.up.op.Issuer(), Subject: i.String(), Label: p.email, CreatedAt: w.clock.Now()}); err != nil {
		w.t.Fatal(err)
	}
	return w.settings(p).get("/account/identities/" + i.String() + "/remove").expect("remove")
}

// consoleStations are the pages of administrators.
func consoleStations() []station {
	all := []station{
		{"connection to be disabled", atConnection("/disable"), true},
		{"connection to be enabled", atConnection("/enable"), true},
		{"connection", atConnection(""), true},
		{"domains", atDomain(""), true},
		{"end of a domain", atDomain("/remove"), true},
		{"somebody's page", atPerson(""), true},
		{"reset of somebody's factors", atPerson("/reset"), true},
		{"report", atReport(false, ""), true},
		{"running report", atReport(true, ""), true},
		{"enforcement of a report", atReport(true, "/enforce"), true},
	}
	for _, page := range []string{"/admin/connections/new?kind=oidc", "/admin/what-if"} {
		all = append(all, station{page, func(w *world) *browser { return w.office().get(page) }, true})
	}
	return all
}

// office is an owner who has just signed in.
func (w *world) office() *browser { return w.settings(w.promote(w.newcomer(w.up.Tenant), "owner")) }

func atConnection(page string) func(*world) *browser {
	return func(w *world) *browser {
		u := w.connectTo(w.up.op, w.up.Tenant, federation.OIDC)
		w.exec("DELETE FROM connections WHERE tenant_id = $1 AND NOT id = ANY($2::uuid[])", u.Tenant, []id.Connection{u.ID, w.up.ID})
		w.changed()
		return w.office().get("/admin/connections/" + u.ID.String() + page)
	}
}

func atDomain(page string) func(*world) *browser {
	return func(w *world) *browser {
		name := id.NewUser().String()[24:] + ".test"
		w.exec("DELETE FROM domains WHERE tenant_id = $1", w.up.Tenant)
		if _, err := domain.Add(context.Background(), w.store, w.up.Tenant, name, audit.Operator, audit.Origin{}, w.clock.Now()); err != nil {
			w.t.Fatal(err)
		}
		return w.office().get("/admin/domains" + page + "?name=" + name)
	}
}

func atPerson(page string) func(*world) *browser {
	return func(w *world) *browser {
		return w.office().get("/admin/people/" + w.newcomer(w.up.Tenant).id.String() + page)
	}
}

func atReport(running bool, page string) func(*world) *browser {
	return func(w *world) *browser {
		ctx, t := context.Background(), w.up.Tenant
		w.exec("DELETE FROM policy_reports WHERE tenant_id = $1", t)
		if running {
			p, err := tenant.CurrentPolicy(ctx, w.store, t)
			if err != nil {
				w.t.Fatal(err)
			}
			p.SecondFactor = policy.Required
			if err := explain.BeginReport(ctx, w.store, t, p, audit.Operator, nil, audit.Origin{}, w.clock.Now()); err != nil {
				w.t.Fatal(err)
			}
		}
		return w.office().get("/admin/report" + page)
	}
}
