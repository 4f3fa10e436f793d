package notify

import (
	"context"
	"fmt"

	"sallyport/storage/audit"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// telling is who hears of an event, and by which text; an empty kind is nobody. old is the address that the event
// names as the one before, and may always object: whoever took an account over chose the new one.
type telling struct {
	person, old, administrators Kind
	// objection: somebody got in or changed something, so the person may say that it was not they. Many tries are
	// neither: whoever fails to guess a password must not have accounts frozen.
	objection bool
}

var told = map[audit.Kind]telling{
	audit.FactorEnrolled:      {person: FactorEnrolled, objection: true},
	audit.FactorRemoved:       {person: FactorRemoved, objection: true},
	audit.FactorsReset:        {person: FactorsReset, administrators: FactorsResetReport, objection: true},
	audit.BackupCodesReplaced: {person: BackupCodesReplaced, objection: true},
	audit.BackupCodeUsed:      {person: BackupCodeUsed, objection: true},
	audit.PasswordSet:         {person: PasswordSet, objection: true},
	audit.EmailChangeAsked:    {person: EmailChangeAsked, objection: true},
	audit.EmailChanged:        {person: EmailInUse, old: EmailChanged},
	audit.DeviceStolen:        {person: DeviceStolen, objection: true},
	audit.AccessCodeIssued:    {person: AccessCodeIssued, administrators: AccessCodeIssuedReport, objection: true},
	audit.AccessCodeUsed:      {person: AccessCodeUsed, administrators: AccessCodeUsedReport, objection: true},
	audit.TriesExhausted:      {person: TriesExhausted},
	audit.BreakGlass:          {person: BreakGlass, administrators: BreakGlassReport, objection: true},
	audit.Objected:            {administrators: ObjectedReport},
}

// notice is one message about an event.
type notice struct {
	id        id.Message
	kind      Kind
	to, key   string
	user      id.User // whose message it is
	locale    string
	objection bool
	report    bool // about somebody else
}

// notices are all messages about the event, whether they have been queued before or not.
func (c *Consumer) notices(ctx context.Context, e db.AuditEvent, person id.User, about db.AboutPersonRow) (all []notice, err error) {
	t := told[audit.Kind(e.Kind)]
	own := notice{kind: t.person, user: person, locale: locale(e), objection: t.objection}
	if t.person != "" {
		all = append(all, own.addressed(e, "target", about.Email, about.EmailKey))
	}
	if old := detail(e, "old"); t.old != "" && old != "" {
		own.kind, own.objection = t.old, true
		all = append(all, own.addressed(e, "old", old, old))
	}
	if t.administrators == "" {
		return all, nil
	}
	administrators, err := c.Store.Tenant(e.TenantID).ListAdministrators(ctx, e.TenantID)
	if err != nil {
		return nil, fmt.Errorf("list administrators: %w", err)
	}
	for _, a := range administrators {
		did := e.ActorKind == "user" && e.ActorID == a.ID.String()
		heard := t.person != "" && a.ID == person
		if !did && !heard {
			all = append(all, notice{kind: t.administrators, user: a.ID, report: true}.addressed(e, a.ID.String(), a.Email, a.Email))
		}
	}
	return all, nil
}
