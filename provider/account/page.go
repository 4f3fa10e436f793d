package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/code"
	"sallyport/mfa/policy"
	"sallyport/provider/notify/sms"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/db"
	"sallyport/storage/seal"
	"sallyport/templates"
)

func (a *Account) show(w http.ResponseWriter, r *http.Request) error {
	return a.page(w, r, http.StatusOK, "")
}

// page costs four round trips, one for each list, and one more where the tenant has connections. problem is a message key or "".
func (a *Account) page(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	s, now := session.From(r.Context()), a.config.Now()
	p := templates.Account{Frame: frame(s), Name: s.Name, Email: s.Email, SecondFactorState: state(s, a.config.Edge.ClientAddr(r), now), SignOutAction: "/account/signout"}
	p.Error, p.Notice = problem, noticeOf(r)
	if mayAdd(s.Policy) && !s.Frozen {
		p.AddAction = "/account/factors/add"
	}
	person(s, &p)
	if len(s.Factors) > 0 {
		p.BackupCodes, p.ReplaceCodesURL = s.BackupCodes, replaceCodesPath
	}
	if s.Frozen {
		p.ReplaceCodesURL = ""
	}
	administers(s, &p)
	if err := a.list(r, s, now, &p); err != nil {
		return fmt.Errorf("list settings: %w", err)
	}
	return web.Render(w, r, status, p)
}

// administers leads to the pages that the role may look at; they ask for it themselves.
func administers(s *session.Session, p *templates.Account) {
	if s.Role == "owner" || s.Role == "admin" {
		p.AdminURL = "/admin"
	}
	if s.Role == "owner" { // R18
		p.PolicyURL = "/admin/policy"
	}
}

func (a *Account) list(r *http.Request, s *session.Session, now time.Time, p *templates.Account) error {
	ctx, q := r.Context(), a.config.Store.Tenant(s.Tenant)
	factors, err := q.ListFactors(ctx, db.ListFactorsParams{TenantID: s.Tenant, UserID: s.User})
	if err != nil {
		return err
	}
	sessions, err := q.ListSessions(ctx, db.ListSessionsParams{TenantID: s.Tenant, UserID: s.User, Since: now.Add(-s.Policy.Session.Duration())})
	if err != nil {
		return err
	}
	consents, err := q.ListConsents(ctx, db.ListConsentsParams{TenantID: s.Tenant, UserID: s.User})
	if err != nil {
		return err
	}
	devices, err := a.devices(r, s)
	if p.Devices = deviceRows(devices); len(devices) > 0 {
		p.EndDevicesAction = devicesPath + "/end-all"
	}
	var unread, closed error
	p.Consents = consentRows(consents)
	p.Factors, closed = a.factorRows(s, factors)
	p.Sessions, unread = sessionRows(sessions, s, now)
	if len(p.Sessions) > 1 {
		p.EndOthersAction = "/account/sessions/end-others"
	}
	return errors.Join(err, unread, closed, a.linked(r, s, p))
}

func (a *Account) factorRows(s *session.Session, factors []db.Factor) (out []templates.Factor, err error) {
	for _, f := range factors {
		row := templates.Factor{ID: f.ID.String(), Kind: f.Kind, Name: f.Name, Added: f.CreatedAt, RemoveAction: "/account/factors/" + f.ID.String() + "/remove"}
		if f.LastUsedAt != nil {
			row.LastUsed = *f.LastUsedAt
		}
		if s.Frozen {
			row.RemoveAction = ""
		}
		if row.Target, err = a.target(f); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, nil
}

// target is where codes go, as much of it as the owner needs to recognise it.
func (a *Account) target(f db.Factor) (string, error) {
	k := mfa.Kind(f.Kind)
	if !k.Sent() {
		return "", nil
	}
	address, err := a.config.Outbox.Seal.Open(seal.Place{Tenant: f.TenantID, Table: "factors", Row: f.ID.String(), Column: "secret"}, f.Secret)
	if err != nil {
		return "", fmt.Errorf("open factor: %w", err)
	}
	if k == mfa.SMS {
		return sms.Mask(string(address)), nil
	}
	return code.MaskEmail(string(address)), nil
}

// sessionRows leaves out what is past its idle age: it is on record, but nobody gets in with it.
func sessionRows(rows []db.ListSessionsRow, s *session.Session, now time.Time) ([]templates.Session, error) {
	var out []templates.Session
	for _, row := range rows {
		brought := policy.Session{Started: row.CreatedAt, Seen: row.SeenAt}
		if err := json.Unmarshal(row.Proofs, &brought.Proofs); err != nil {
			return nil, fmt.Errorf("decode proofs: %w", err)
		}
		if !brought.Live(s.Policy, now) {
			continue
		}
		line := templates.Session{ID: row.ID.String(), Current: row.ID == s.ID, Browser: browser(row.Agent), Address: row.Address,
			Started: row.CreatedAt, Seen: row.SeenAt, Proofs: kinds(brought.Proofs)}
		if !line.Current {
			line.Action = "/account/sessions/" + line.ID + "/end"
		}
		out = append(out, line)
	}
	return out, nil
}

func kinds(proofs []mfa.Proof) []string {
	var out []string
	for _, p := range proofs {
		out = append(out, string(p.Kind))
	}
	return out
}

func consentRows(rows []db.ListConsentsRow) []templates.Grant {
	var out []templates.Grant
	for _, c := range rows {
		out = append(out, templates.Grant{Client: c.ClientName, Scopes: c.Scopes, Granted: c.GrantedAt,
			Action: "/account/consents/" + url.PathEscape(c.ClientID) + "/revoke"})
	}
	return out
}
