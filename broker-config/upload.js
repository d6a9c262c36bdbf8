// Who may write what, for upload.conf: the tokens of mod_http_upload_external, version 1.  A PUT carries in ?v= the HMAC
// of its name and length under the secret that Prosody has, too; nothing that is there is written again.
import crypto from 'crypto';
import fs from 'fs';

// As long for a wrong token as for a right one.
function same(a, b) {
    let differ = a.length ^ b.length;
    for (let i = 0; i < b.length; i++) differ |= a.charCodeAt(i % (a.length || 1)) ^ b.charCodeAt(i);
    return differ === 0;
}

function exists(path) {
    try {
        fs.accessSync(path);
        return true;
    } catch (e) {
        return false;
    }
}

function verdict(r) {
    if (r.method !== 'PUT') return r.method === 'GET' || r.method === 'HEAD' ? 'read' : 'method';
    const secret = fs.readFileSync(r.variables.upload_secret, 'utf8').trim();
    const signed = r.uri.slice(1) + ' ' + r.headersIn['Content-Length'];
    const expected = crypto.createHmac('sha256', secret).update(signed).digest('hex');
    const token = r.args.v;
    if (!secret || typeof token !== 'string' || !same(token, expected)) return 'token';
    return exists(r.variables.document_root + r.uri) ? 'taken' : 'write';
}

export default { verdict };
