package templates

// FactorEnrolledMail confirms that a second step has been set up.
type FactorEnrolledMail struct {
	Notice
	Method string // kind of factor, as in the method messages; empty says "second step"
}

func (m FactorEnrolledMail) mail() letter {
	return letter{file: "notice", key: "mail.factor_enrolled", method: m.Method, notice: m.Notice}
}

// FactorRemovedMail tells that a second step has been removed.
type FactorRemovedMail struct {
	Notice
	Method string // as in FactorEnrolledMail
}

func (m FactorRemovedMail) mail() letter {
	return letter{file: "notice", key: "mail.factor_removed", method: m.Method, notice: m.Notice}
}

// BackupCodesMail tells that there are new backup codes and that the old ones are worth nothing.
type BackupCodesMail struct{ Notice }

func (m BackupCodesMail) mail() letter { return told("mail.backup_codes", m.Notice) }

// BackupCodeUsedMail tells that somebody has used a backup code in place of the second step.
type BackupCodeUsedMail struct {
	Notice
	Left int // how many can still be used
}

func (m BackupCodeUsedMail) mail() letter {
	return letter{file: "notice", key: "mail.backup_code_used", notice: m.Notice, count: m.Left}
}

// PasswordSetMail tells that the password has been set or changed.
type PasswordSetMail struct{ Notice }

func (m PasswordSetMail) mail() letter { return told("mail.password_set", m.Notice) }

// TriesExhaustedMail warns of many wrong passwords or codes.
type TriesExhaustedMail struct{ Notice }

func (m TriesExhaustedMail) mail() letter { return told("mail.tries_exhausted", m.Notice) }

// EmailChangeAskedMail tells the address on record that somebody has asked for another one.
type EmailChangeAskedMail struct {
	Notice
	Email string // the other one, masked
}

func (m EmailChangeAskedMail) mail() letter {
	return letter{file: "notice", key: "mail.email_change_asked", notice: m.Notice, email: m.Email}
}

// EmailInUseMail tells the new address that it is that of the account from now on.
type EmailInUseMail struct{ Notice }

func (m EmailInUseMail) mail() letter { return told("mail.email_in_use", m.Notice) }

// EmailChangedMail tells the old address that the account has another one.
type EmailChangedMail struct{ Notice }

func (m EmailChangedMail) mail() letter { return told("mail.email_changed", m.Notice) }

// AccessCodeIssuedMail tells that an administrator has made an access code.
type AccessCodeIssuedMail struct{ Notice }

func (m AccessCodeIssuedMail) mail() letter { return told("mail.access_code_issued", m.Notice) }

// AccessCodeUsedMail tells that somebody signed in with an access code.
type AccessCodeUsedMail struct{ Notice }

func (m AccessCodeUsedMail) mail() letter { return told("mail.access_code_used", m.Notice) }

// FactorsResetMail tells that an administrator has removed all second steps.
type FactorsResetMail struct{ Notice }

func (m FactorsResetMail) mail() letter { return told("mail.factors_reset", m.Notice) }

// DeviceStolenMail tells that a copy of a trusted browser's mark was used, and that the browser is trusted no more.
type DeviceStolenMail struct{ Notice }

func (m DeviceStolenMail) mail() letter { return told("mail.device_stolen", m.Notice) }

// BreakGlassOwnMail tells a person whom no rule binds that somebody has signed in as them.
type BreakGlassOwnMail struct{ Notice }

func (m BreakGlassOwnMail) mail() letter { return told("mail.break_glass_own", m.Notice) }

func told(key string, n Notice) letter { return letter{file: "notice", key: key, notice: n} }

// ObjectedMail tells administrators that somebody said of a change to their account: this was not me.
type ObjectedMail struct {
	Notice
	User string // address of the account
}

func (m ObjectedMail) mail() letter { return reported("mail.objected", m.Notice, m.User) }

// BreakGlassMail tells administrators of a sign-in that no rule bound.
type BreakGlassMail struct {
	Notice
	User string // as in ObjectedMail
}

func (m BreakGlassMail) mail() letter { return reported("mail.break_glass", m.Notice, m.User) }

// AccessCodeIssuedAdminMail tells administrators that one of them made an access code.
type AccessCodeIssuedAdminMail struct {
	Notice
	User string // address of the account it lets in
}

func (m AccessCodeIssuedAdminMail) mail() letter {
	return reported("mail.access_code_issued_admin", m.Notice, m.User)
}

// AccessCodeUsedAdminMail tells administrators that an access code let somebody in.
type AccessCodeUsedAdminMail struct {
	Notice
	User string // as in AccessCodeIssuedAdminMail
}

func (m AccessCodeUsedAdminMail) mail() letter {
	return reported("mail.access_code_used_admin", m.Notice, m.User)
}

// FactorsResetAdminMail tells administrators that one of them has removed all second steps of a person.
type FactorsResetAdminMail struct {
	Notice
	User string // as in ObjectedMail
}

func (m FactorsResetAdminMail) mail() letter {
	return reported("mail.factors_reset_admin", m.Notice, m.User)
}

func reported(key string, n Notice, user string) letter {
	return letter{file: "report", key: key, notice: n, user: user}
}
