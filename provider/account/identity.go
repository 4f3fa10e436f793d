package account

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"sallyport/provider/attempt"
	"sallyport/provider/federation"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
	"sallyport/templates"
)

const identitiesPath = "/account/identities"

func (a *Account) identities(r *http.Request, s *session.Session) ([]db.ListIdentitiesRow, error) {
	rows, err := a.config.Store.Tenant(s.Tenant).ListIdentities(r.Context(), db.ListIdentitiesParams{TenantID: s.Tenant, UserID: s.User})
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	return rows, nil
}

// linked lists the person's ways to sign in upstream, and the connections where they have none yet.
func (a *Account) linked(r *http.Request, s *session.Session, p *templates.Account) error {
	all, err := a.config.Connections.Of(r.Context(), s.Tenant)
	if err != nil {
		return err
	}
	var rows []db.ListIdentitiesRow
	if len(all) > 0 || len(s.Identities) > 0 {
		if rows, err = a.identities(r, s); err != nil {
			return err
		}
	}
	for _, row := range rows {
		line := templates.Identity{Connection: row.Connection, Label: row.Label, Added: row.CreatedAt, RemoveURL: identitiesPath + "/" + row.ID.String() + "/remove"}
		if row.LastUsedAt != nil {
			line.LastUsed = *row.LastUsedAt
		}
		if s.Frozen {
			line.RemoveURL = ""
		}
		p.Identities = append(p.Identities, line)
	}
	for _, c := range all {
		has := slices.ContainsFunc(rows, func(row db.ListIdentitiesRow) bool { return row.ConnectionID == c.ID })
		if !has && !s.Frozen {
			p.Connect = append(p.Connect, templates.Connect{Label: c.Name, Kind: string(c.Kind), Value: c.ID.String()})
		}
	}
	p.ConnectAction = identitiesPath
	return nil
}

// connect only begins: the attempt asks for a fresh proof before it goes to the provider (gauntlet G03).
func (a *Account) connect(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, "connection")
	if err != nil {
		return err
	}
	s := session.From(r.Context())
	var named id.Connection
	if named.Parse(form["connection"]) != nil {
		return storage.ErrNotFound
	}
	c, err := a.config.Connections.Find(r.Context(), s.Tenant, named)
	if err != nil {
		return err
	}
	return a.begin(w, r, s, attempt.Link, attempt.Request{ReturnTo: back(identityLinked), Connection: c.ID})
}

// identity finds one of the person's own. Errors: storage.ErrNotFound for anything else.
func (a *Account) identity(r *http.Request, s *session.Session) (db.ListIdentitiesRow, error) {
	rows, err := a.identities(r, s)
	if err != nil {
		return db.ListIdentitiesRow{}, err
	}
	i := slices.IndexFunc(rows, func(row db.ListIdentitiesRow) bool { return row.ID.String() == mux.Vars(r)["id"] })
	if i < 0 {
		return db.ListIdentitiesRow{}, fmt.Errorf("look up identity: %w", storage.ErrNotFound)
	}
	return rows[i], nil
}

func (a *Account) askUnlink(w http.ResponseWriter, r *http.Request) error {
	s := session.From(r.Context())
	row, err := a.identity(r, s)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{Frame: frame(s), Title: templates.UnlinkTitle, Body: templates.UnlinkBody,
		Data: map[string]any{"Connection": row.Connection, "Label": row.Label}, Action: r.URL.Path, Button: templates.UnlinkButton, CancelURL: "/account", Danger: true})
}

func (a *Account) unlink(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	row, err := a.identity(r, s)
	if err != nil {
		return err
	}
	err = federation.Unlink(r.Context(), a.config.Store, s.Tenant, s.User, row.ID, s.ID, audit.User(s.User), a.origin(r), a.config.Now())
	if errors.Is(err, federation.ErrLast) {
		return a.page(w, r, http.StatusConflict, templates.ErrorIdentityLast)
	}
	if err != nil {
		return err
	}
	return done(w, r, identityUnlinked)
}
