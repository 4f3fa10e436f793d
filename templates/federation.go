package templates

// IdentityLinkedMail tells that an account at another provider signs the person in from now on.
type IdentityLinkedMail struct {
	Notice
	Connection string // its name
}

func (m IdentityLinkedMail) mail() letter {
	return letter{file: "notice", key: "mail.identity_linked", notice: m.Notice, connection: m.Connection}
}

// IdentityUnlinkedMail tells that an account at another provider signs the person in no more.
type IdentityUnlinkedMail struct {
	Notice
	Connection string // its name
}

func (m IdentityUnlinkedMail) mail() letter {
	return letter{file: "notice", key: "mail.identity_unlinked", notice: m.Notice, connection: m.Connection}
}

// ConnectionCreatedMail tells administrators that there is another way into the tenant.
type ConnectionCreatedMail struct {
	Notice
	Connection string // its name
}

func (m ConnectionCreatedMail) mail() letter {
	return letter{file: "setting", key: "mail.connection_created", notice: m.Notice, connection: m.Connection}
}

// ConnectionChangedMail tells administrators that a way into the tenant works differently.
type ConnectionChangedMail struct {
	Notice
	Connection string // its name
}

func (m ConnectionChangedMail) mail() letter {
	return letter{file: "setting", key: "mail.connection_changed", notice: m.Notice, connection: m.Connection}
}

// ConnectionDisabledMail tells administrators that a way into the tenant is closed.
type ConnectionDisabledMail struct {
	Notice
	Connection string // its name
}

func (m ConnectionDisabledMail) mail() letter {
	return letter{file: "setting", key: "mail.connection_disabled", notice: m.Notice, connection: m.Connection}
}

// ConnectionEnabledMail tells administrators that a way into the tenant is open again.
type ConnectionEnabledMail struct {
	Notice
	Connection string // its name
}

func (m ConnectionEnabledMail) mail() letter {
	return letter{file: "setting", key: "mail.connection_enabled", notice: m.Notice, connection: m.Connection}
}

// DomainConnectedMail tells administrators that the people of a domain sign in elsewhere from now on.
type DomainConnectedMail struct {
	Notice
	Domain string
}

func (m DomainConnectedMail) mail() letter {
	return letter{file: "setting", key: "mail.domain_connected", notice: m.Notice, domain: m.Domain}
}

// DomainLostMail tells administrators that a domain counts as the tenant's no more.
type DomainLostMail struct {
	Notice
	Domain string
}

func (m DomainLostMail) mail() letter {
	return letter{file: "setting", key: "mail.domain_lost", notice: m.Notice, domain: m.Domain}
}
