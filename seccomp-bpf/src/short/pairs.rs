//! The pairs of each set, in their order. The first stands for byte 128.
//!
//! Written by `seccomp-ir/data/pairs.py`; do not edit.

/// For the names of calls and arguments.
pub(super) const WORDS: &[u8; 256] = b"\
    etatmetig\x80re\x83\x82s\x80idsestinleittrch\
    adoc64d_unenol\x91k\x81\x8eioigmoalctprfd\
    sg\x8a\x8132lianr_s\x9al\x97maopsy\x86\x92\x8feerexar\
    a\x82t_onu\x88esupway_fsm\xa0roevg\x88s\xac_pn\xb0\
    p\x96\x81efiut\x85\x90icr\x8dus\x9dl\xa7_\xbd\x93ag\x99__\xabnex\x98\
    \x96d\x9bdacu\x8cf\x93ot\xa3\x8a\xc0l\xc2\x8c\xb6\x8dcvc\x85c\xc9del\x8bow\
    ue\x84_\x95t\x9cl\xa9\x95mq_rceflker\xb1sh\x89n\x94t\xaas\xcew\
    \xdekdiffm_sk\x86\xa5\x87_\x90d\xa8\xf4\xdb\xc1e\xd7f\x8fnco\x83p\x88ur";

/// For the names of constants.
pub(super) const CAPITALS: &[u8; 256] = b"\
    T_RE_SE_INERONATENETCKST_CRIE\x80LO\
    LAMAED_FALTYNODERATIUN_POPADCHAR\
    S_SHROITECUT\x95PEXMPSOORME\x86NIDLE\xa6\x83\
    G_C_CASEUP\x8f\x8aDIL_R_G\x8eCELIFI\x82TT\x98FO\
    KEVSSID_NEUSMOABC\xac_B_\x81\x84G\x84\xbf\x87EANCO\
    \x88T\x9dDSYS\x8eMIG\x89SSA\x8aEVF_GSSC\x8dCSK\x82O\x82\x8e\
    IP\xc0YS\x89M\x89OWUE\x99\xab\x91X_TILPRUL\x91\xddP_\x87TFA\
    CVMSNDP\xaaVEGEWA\x85_\x90\xb0\xe3\xdcM_\xa7\xa4T\x85V\x85A\xa5FL";
