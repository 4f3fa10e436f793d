package delivery

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"sallyport/provider/notify"
	"sallyport/provider/notify/email"
	"sallyport/provider/notify/sms"
	"sallyport/storage/db"
	"sallyport/templates"
)

// errText says that there are no words for a message.
var errText = errors.New("message cannot be put into words")

// content is what a message tells.
type content struct {
	notify.Notice
	secret notify.Secret
	life   time.Duration // from when it was queued
}

func read(row db.Message, secret notify.Secret) (content, error) {
	c := content{secret: secret}
	if err := json.Unmarshal(row.Data, &c.Notice); err != nil {
		return c, fmt.Errorf("%w: malformed data", errText)
	}
	if row.ExpiresAt != nil {
		c.life = row.ExpiresAt.Sub(row.CreatedAt)
	}
	return c, nil
}

// in is the life in whole units, at least one: a text must not promise more time than there is.
func (c content) in(unit time.Duration) int { return max(1, int(c.life/unit)) }

func (c content) about() templates.Notice {
	return templates.Notice{Tenant: c.Tenant, At: c.At, Address: c.Address}
}

// change is about for what a person may object to; without a link the mail names the administrators.
func (c content) change() templates.Notice {
	n := c.about()
	n.ObjectLink = c.secret.Link
	return n
}

var mails = map[notify.Kind]func(content) templates.Mail{
	notify.CodeSent: func(c content) templates.Mail {
		return templates.CodeMail{Notice: c.about(), Code: c.secret.Code, Minutes: c.in(time.Minute)}
	},
	notify.PasswordReset: func(c content) templates.Mail {
		return templates.PasswordResetMail{Notice: c.about(), Link: c.secret.Link, Minutes: c.in(time.Minute)}
	},
	notify.EmailConfirm: func(c content) templates.Mail {
		return templates.EmailConfirmMail{Notice: c.about(), Link: c.secret.Link, Hours: c.in(time.Hour)}
	},
	notify.EmailChange: func(c content) templates.Mail {
		return templates.EmailChangeMail{Notice: c.about(), Link: c.secret.Link, Hours: c.in(time.Hour)}
	},
	notify.FactorEnrolled: func(c content) templates.Mail {
		return templates.FactorEnrolledMail{Notice: c.change(), Method: c.Method}
	},
	notify.FactorRemoved: func(c content) templates.Mail {
		return templates.FactorRemovedMail{Notice: c.change(), Method: c.Method}
	},
	notify.FactorsReset:        func(c content) templates.Mail { return templates.FactorsResetMail{Notice: c.change()} },
	notify.BackupCodesReplaced: func(c content) templates.Mail { return templates.BackupCodesMail{Notice: c.change()} },
	notify.BackupCodeUsed: func(c content) templates.Mail {
		return templates.BackupCodeUsedMail{Notice: c.change(), Left: c.Left}
	},
	notify.PasswordSet: func(c content) templates.Mail { return templates.PasswordSetMail{Notice: c.change()} },
	notify.EmailChangeAsked: func(c content) templates.Mail {
		return templates.EmailChangeAskedMail{Notice: c.change(), Email: c.Email}
	},
	notify.EmailInUse:       func(c content) templates.Mail { return templates.EmailInUseMail{Notice: c.change()} },
	notify.EmailChanged:     func(c content) templates.Mail { return templates.EmailChangedMail{Notice: c.change()} },
	notify.TriesExhausted:   func(c content) templates.Mail { return templates.TriesExhaustedMail{Notice: c.change()} },
	notify.AccessCodeIssued: func(c content) templates.Mail { return templates.AccessCodeIssuedMail{Notice: c.change()} },
	notify.AccessCodeUsed:   func(c content) templates.Mail { return templates.AccessCodeUsedMail{Notice: c.change()} },
	notify.DeviceStolen:     func(c content) templates.Mail { return templates.DeviceStolenMail{Notice: c.change()} },
	notify.BreakGlass:       func(c content) templates.Mail { return templates.BreakGlassOwnMail{Notice: c.change()} },
	notify.ObjectedReport:   func(c content) templates.Mail { return templates.ObjectedMail{Notice: c.about(), User: c.User} },
	notify.BreakGlassReport: func(c content) templates.Mail {
		return templates.BreakGlassMail{Notice: c.about(), User: c.User}
	},
	notify.AccessCodeIssuedReport: func(c content) templates.Mail {
		return templates.AccessCodeIssuedAdminMail{Notice: c.about(), User: c.User}
	},
	notify.AccessCodeUsedReport: func(c content) templates.Mail {
		return templates.AccessCodeUsedAdminMail{Notice: c.about(), User: c.User}
	},
	notify.FactorsResetReport: func(c content) templates.Mail {
		return templates.FactorsResetAdminMail{Notice: c.about(), User: c.User}
	},
	notify.IdentityLinked: func(c content) templates.Mail {
		return templates.IdentityLinkedMail{Notice: c.change(), Connection: c.Connection}
	},
	notify.IdentityUnlinked: func(c content) templates.Mail {
		return templates.IdentityUnlinkedMail{Notice: c.change(), Connection: c.Connection}
	},
	notify.ConnectionCreatedReport: func(c content) templates.Mail {
		return templates.ConnectionCreatedMail{Notice: c.about(), Connection: c.Connection}
	},
	notify.ConnectionChangedReport: func(c content) templates.Mail {
		return templates.ConnectionChangedMail{Notice: c.about(), Connection: c.Connection}
	},
	notify.ConnectionDisabledReport: func(c content) templates.Mail {
		return templates.ConnectionDisabledMail{Notice: c.about(), Connection: c.Connection}
	},
	notify.ConnectionEnabledReport: func(c content) templates.Mail {
		return templates.ConnectionEnabledMail{Notice: c.about(), Connection: c.Connection}
	},
	notify.DomainConnectedReport: func(c content) templates.Mail {
		return templates.DomainConnectedMail{Notice: c.about(), Domain: c.Domain}
	},
	notify.DomainLostReport: func(c content) templates.Mail {
		return templates.DomainLostMail{Notice: c.about(), Domain: c.Domain}
	},
}

func (c content) mail(row db.Message) (email.Mail, error) {
	page, ok := mails[notify.Kind(row.Kind)]
	if !ok {
		return email.Mail{}, fmt.Errorf("%w: no mail of this kind", errText)
	}
	m := email.Mail{ID: row.ID.String(), To: row.Recipient, FromName: c.Tenant}
	var err error
	if m.Subject, m.Text, m.HTML, err = templates.RenderMail(language.Make(row.Locale), page(c)); err != nil {
		return m, errors.Join(errText, err)
	}
	return m, nil
}

func (c content) text(row db.Message, host string) (sms.Text, error) {
	t := sms.Text{ID: row.ID.String(), To: row.Recipient}
	if notify.Kind(row.Kind) != notify.CodeSent {
		return t, fmt.Errorf("%w: no text message of this kind", errText)
	}
	var err error
	if t.Body, err = templates.RenderText(language.Make(row.Locale), templates.CodeText{Tenant: c.Tenant, Code: c.secret.Code, Host: host}); err != nil {
		return t, errors.Join(errText, err)
	}
	return t, nil
}
