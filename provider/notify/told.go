package notify

import (
	"context"

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
	objection  bool
	connection bool // the text names the connection
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
	audit.IdentityLinked:      {person: IdentityLinked, objection: true, connection: true},
	audit.IdentityUnlinked:    {person: IdentityUnlinked, objection: true, connection: true},
	audit.Objected:            {administrators: ObjectedReport},
}

// notice is one message about an event.
type notice struct {
	id                 id.Message
	kind               Kind
	to, key            string
	user               id.User // whose message it is
	locale             string
	objection          bool
	report             bool   // about somebody else
	connection, domain string // names of what it is about
}

// notices are all messages about the event, whether they have been queued before or not.
func (c *Consumer) notices(ctx context.Context, e db.AuditEvent, person id.User, about db.AboutPersonRow) (all []notice, err error) {
	t := told[audit.Kind(e.Kind)]
	own := notice{kind: t.person, user: person, locale: locale(e), objection: t.objection}
	if t.connection {
		s, err := c.setting(ctx, e)
		if err != nil {
			return nil, err
		}
		own.connection = s.Connection
	}
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
	heard := id.User{}
	if t.person != "" {
		heard = person
	}
	others, err := c.administrators(ctx, e, notice{kind: t.administrators, report: true}, heard)
	return append(all, others...), err
}
