package sms

import (
	"net"

	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// binder says who we are on a fresh connection. The library's own loses why it was refused: the body of a refusal is
// empty (SMPP 3.4, 4.1.6), and it takes that for the end of the stream.
type binder struct {
	config SMPPConfig
	conn   net.Conn
}

// GetBindType implements gosmpp.Connector.
func (b *binder) GetBindType() pdu.BindingType {
	if b.config.Bind == Transmitter {
		return pdu.Transmitter
	}
	return pdu.Transceiver
}

// Connect implements gosmpp.Connector. Whoever closes the connection ends its wait.
func (b *binder) Connect() (*gosmpp.Connection, error) {
	c := gosmpp.NewConnection(b.conn)
	if _, err := c.WritePDU(b.request()); err != nil {
		return nil, err
	}
	for {
		p, err := pdu.Parse(c)
		if answer, ok := p.(*pdu.BindResp); ok && answer.CommandStatus != data.ESME_ROK {
			return nil, refusal(answer.CommandStatus)
		} else if err != nil || ok {
			return c, err
		}
	}
}

func (b *binder) request() *pdu.BindRequest {
	r := pdu.NewBindRequest(b.GetBindType())
	r.SystemID, r.Password, r.SystemType = b.config.SystemID, b.config.Password, b.config.SystemType
	return r
}
