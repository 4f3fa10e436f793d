package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/db"
	"sallyport/templates"
)

func (a *Account) show(w http.ResponseWriter, r *http.Request) error {
	return a.page(w, r, http.StatusOK, "")
}

// page costs three round trips, one for each list. problem is a message key or "".
func (a *Account) page(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	s, now := session.From(r.Context()), a.config.Now()
	p := templates.Account{Frame: frame(s), Name: s.Name, Email: s.Email, SecondFactorState: state(s, now), SignOutAction: "/account/signout"}
	p.Error, p.Notice = problem, noticeOf(r)
	if mayAdd(s.Policy) {
		p.AddTOTPAction = "/account/factors/add"
	}
	if len(s.Factors) > 0 {
		p.BackupCodes, p.ReplaceCodesURL = s.BackupCodes, replaceCodesPath
	}
	if s.Role == "owner" { // R18
		p.PolicyURL = "/admin/policy"
	}
	if err := a.list(r.Context(), s, now, &p); err != nil {
		return fmt.Errorf("list settings: %w", err)
	}
	return web.Render(w, r, status, p)
}

func (a *Account) list(ctx context.Context, s *session.Session, now time.Time, p *templates.Account) error {
	q := a.config.Store.Tenant(s.Tenant)
	factors, err := q.ListFactors(ctx, db.ListFactorsParams{TenantID: s.Tenant, UserID: s.User})
	if err != nil {
		return err
	}
	sessions, err := q.ListSessions(ctx, db.ListSessionsParams{TenantID: s.Tenant, UserID: s.User, Since: now.Add(-s.Policy.Session.Duration())})
	if err != nil {
		return err
	}
	consents, err := q.ListConsents(ctx, db.ListConsentsParams{TenantID: s.Tenant, UserID: s.User})
	p.Factors, p.Consents = factorRows(factors), consentRows(consents)
	var unread error
	p.Sessions, unread = sessionRows(sessions, s, now)
	if len(p.Sessions) > 1 {
		p.EndOthersAction = "/account/sessions/end-others"
	}
	return errors.Join(err, unread)
}

func factorRows(factors []db.Factor) []templates.Factor {
	var out []templates.Factor
	for _, f := range factors {
		row := templates.Factor{ID: f.ID.String(), Kind: f.Kind, Name: f.Name, Added: f.CreatedAt, RemoveAction: "/account/factors/" + f.ID.String() + "/remove"}
		if f.LastUsedAt != nil {
			row.LastUsed = *f.LastUsedAt
		}
		out = append(out, row)
	}
	return out
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
